"""Cuts the bytes of a trace file into pieces of whole events, and decodes piece by piece.

A piece is a run of events, including the commas between them, that is valid JSON once put in brackets.
The cut is guessed (the last `}, {` of what was read) and then proved by the decoder: a prefix of an
array that ends in the wrong place is never balanced, so a wrong guess cannot pass.
"""

import codecs
import json
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO, Protocol

import msgspec

from samprof.errors import TraceError
from samprof.trace.read.event_schema import parsed_int
from samprof.trace.read.split import NEAR, Split, last_border, list_start, split_list

PIECE_BYTES = 1 << 19
LONGEST_BYTES = 8 << 20
"""The most that is held in memory of one event, and of what precedes and follows traceEvents."""
_SPLIT_BYTES = 4 * PIECE_BYTES
_MOST_VALUES = 1 << 18
"""The most JSON values read before or after traceEvents: each takes about 100 bytes."""
_AT_ONCE = 1 << 14
_EVENTS = "traceEvents"
_EXPORT_AGAIN = "export the trace again, or check that the copy is complete"
REFUSED = (ValueError, RecursionError)
_MEBIBYTES = f"{LONGEST_BYTES >> 20} MiB"


class IrregularError(Exception):
    """A cut cannot be proved without the pieces that another process reads."""


class EventConsumer(Protocol):
    """What takes the events that a scanner finds; the reader's `Decoder` is one."""

    def begin(self, number: int) -> None:
        """What comes next is of the piece of this number."""

    def decode(self, piece: bytes) -> None:
        """Takes a JSON list of events.

        Raises:
            ValueError, RecursionError: it refuses the list, and has taken nothing of it.
        """

    def salvage(self, elements: Iterable[bytes]) -> None:
        """Takes, one by one, the elements of a list that `decode` refused."""


class EventScanner:
    """Feeds the events of one trace to a decoder.

    Args:
        stream: the plain (not compressed) JSON bytes.
        decoder: receives the events.
        path: the file, named in errors.
        is_mine: if several processes read one file, whether this one decodes the piece of this
            number; called for 0, 1, 2, ... All processes cut at the same places.
    """

    def __init__(
        self,
        stream: BinaryIO,
        decoder: EventConsumer,
        path: object,
        is_mine: Callable[[int], bool] | None = None,
    ) -> None:
        self._stream = stream
        self._decoder = decoder
        self._path = path
        self._is_mine = is_mine
        self._pieces = 0
        self._enough = 0
        self.notes: list[str] = []

    def run(self) -> dict[str, Any]:
        """Feeds every event; returns the rest of the document.

        Raises:
            TraceError: not JSON, no traceEvents, or a file that ends too early.
            IrregularError: one process must read the file alone.
        """
        head, text = self._read_head()
        tail = self._read_events(text)
        return self._metadata(head, tail)

    def run_claimed(self) -> None:
        """Feeds the pieces that this process claims.

        Raises:
            IrregularError: one process must read the file alone.
        """
        _, text = self._read_head()
        self._read_pieces(text)

    def _read_head(self) -> tuple[bytes, bytes]:
        text = b""
        step = PIECE_BYTES
        while True:
            more = self._stream.read(step)
            text = (text + more).removeprefix(codecs.BOM_UTF8)
            start = list_start(text, _EVENTS.encode())
            if start is not None:
                return text[:start], text[start:]
            if not more:
                raise self._no_events(text)
            if len(text) > LONGEST_BYTES:
                cause = f"no {_EVENTS} list in its first {_MEBIBYTES}"
                raise self._error(cause, "give a trace that torch.profiler exported")
            # Doubling: a long head stays linear.
            step = min(max(len(text), PIECE_BYTES), LONGEST_BYTES + 1 - len(text))

    def _no_events(self, text: bytes) -> TraceError:
        if not text.strip():
            return self._error("the file is empty")
        encoding = _wide_encoding(text)
        if encoding is not None:
            return self._error(
                f"text in {encoding}, not in UTF-8", "convert it, or export it again"
            )
        try:
            msgspec.json.decode(text, type=msgspec.Raw)
        except REFUSED as error:
            return self._error(f"not JSON ({_reason(error)})")
        cause = f"JSON without a {_EVENTS} list"
        return self._error(cause, "give a trace that torch.profiler exported")

    def _read_events(self, text: bytes) -> bytes:
        """Feeds the events; returns what follows the closing bracket of traceEvents."""
        split = self._read_pieces(text)
        if split.after is None:
            self._decoder.begin(self._pieces)
            split = split_list(split.rest)
            if split.after is None:
                raise self._error(f"the file ends inside {_EVENTS}")
            self._feed(split.elements)
        return split.after + self._stream.read(max(LONGEST_BYTES - len(split.after), 0) + 1)

    def _read_pieces(self, text: bytes) -> Split:
        """Feeds all pieces but the last, which is the rest; or all, if the list ends earlier."""
        while more := self._stream.read(PIECE_BYTES):
            text += more
            if len(text) < self._enough:
                continue
            border = last_border(text, max(len(text) - len(more) - NEAR, 0))
            if border is None:
                if len(text) < _SPLIT_BYTES:
                    continue
                split = self._feed_exactly(text)
            elif not self._next_is_mine():
                text = text[border[1] :]
                continue
            else:
                split = self._feed_piece(text, *border)
            if split.after is not None:
                return split
            text = split.rest
        return Split([], text)

    def _next_is_mine(self) -> bool:
        number, self._pieces = self._pieces, self._pieces + 1
        mine = self._is_mine is None or self._is_mine(number)
        if mine:
            self._decoder.begin(number)
        return mine

    def _feed_piece(self, text: bytes, end: int, following: int) -> Split:
        """Feeds the text before the border, if the border is real."""
        try:
            self._decoder.decode(b"".join((b"[", memoryview(text)[:end], b"]")))
        except REFUSED:
            piece = split_list(text[:end] + b"]")
            if piece.after != b"":
                return self._feed_exactly(text)
            self._decoder.salvage(piece.elements)
        self._enough = 0
        return Split([], text[following:])

    def _feed_exactly(self, text: bytes) -> Split:
        """Feeds all complete events, found by looking at every byte.

        Raises:
            TraceError: an incomplete event is too long.
        """
        if self._is_mine is not None:
            raise IrregularError
        split = split_list(text)
        self._decoder.begin(self._pieces)
        self._feed(split.elements)
        if len(split.rest) > LONGEST_BYTES:
            raise self._error(f"an event of more than {_MEBIBYTES}")
        # Doubling: a long event stays linear.
        self._enough = min(2 * len(split.rest), LONGEST_BYTES + 1)
        return split

    def _feed(self, elements: list[bytes]) -> None:
        for begin in range(0, len(elements), _AT_ONCE):
            some = elements[begin : begin + _AT_ONCE]
            try:
                self._decoder.decode(b"[%b]" % b",".join(some))
            except REFUSED:
                self._decoder.salvage(some)

    def _metadata(self, head: bytes, tail: bytes) -> dict[str, Any]:
        is_bare = head.strip() == b"["
        if _values(head) > _MOST_VALUES:
            self.notes.append(f"what precedes {_EVENTS} is too large and was skipped")
            head = b'{"%b": [' % _EVENTS.encode()
        if len(tail) > LONGEST_BYTES or _values(tail) > _MOST_VALUES:
            self.notes.append(f"what follows {_EVENTS} is too large and was skipped")
            tail = b"" if is_bare else b"}"
        outermost: list[tuple[str, Any]] = []
        too_long: list[str] = []

        def remember(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            outermost[:] = pairs  # the outermost object is the last to end
            return dict(pairs)

        def whole(digits: str) -> int | None:
            number = parsed_int(digits)
            if number is None:
                too_long.append(digits)
            return number

        text = (head + b"]" + tail).decode("utf-8", "replace")
        try:
            document = json.loads(text, strict=False, object_pairs_hook=remember, parse_int=whole)
        except REFUSED as error:
            raise self._error(f"what surrounds {_EVENTS} is not JSON ({_reason(error)})") from error
        if too_long:
            what = "number" if len(too_long) == 1 else "numbers"
            self.notes.append(f"{len(too_long)} {what} of too many digits around {_EVENTS}")
        if isinstance(document, list):
            return {}
        del document[_EVENTS]
        lists = [value for key, value in outermost if key == _EVENTS and value is not None]
        if len(lists) > 1:
            self.notes.append(f"another {_EVENTS} list was skipped")
        return dict(document)

    def _error(self, cause: str, remedy: str = _EXPORT_AGAIN) -> TraceError:
        return TraceError("load", self._path, cause, remedy)


def _reason(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0]


def _wide_encoding(text: bytes) -> str | None:
    """UTF-16 or UTF-32, if a list or an object starts in it."""
    encoding = json.detect_encoding(text)
    first = text[:64].decode(encoding, "replace").lstrip("\ufeff \t\r\n")[:1]
    return encoding.upper() if first in ("{", "[") and not encoding.startswith("utf-8") else None


def _values(text: bytes) -> int:
    """An upper bound of the JSON values in the text, nested ones included."""
    return sum(map(text.count, (b"[", b"{", b",")))
