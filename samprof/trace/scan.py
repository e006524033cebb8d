"""The bytes of a trace file, cut into pieces that each hold whole events.

A piece is a run of events, the commas between them included, that is valid JSON once it stands in
brackets. The cut is guessed (`}, {` near the end of what was read) and then proved by the decoder:
a prefix of an array that ends in the wrong place is never balanced, so a wrong guess cannot pass.
When it fails, `split_events` finds the exact borders.
"""

import json
import re
from collections.abc import Callable
from typing import Any, BinaryIO

from samprof.errors import TraceError

PIECE_BYTES = 1 << 20
_WINDOW = 1 << 16
_BORDER = re.compile(rb"\}\s*,\s*(?=\{)")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],]', re.DOTALL)
_OPENING, _CLOSING = b"{[", b"}]"
_EXPORT_AGAIN = "export the trace again, or check that the copy is complete"


class EventScanner:
    """Iterates over the pieces of one trace; the rest of the file is in `metadata` afterwards.

    Args:
        stream: the plain (not compressed) JSON bytes.
        decode: turns `[` + piece + `]` into what the caller wants, and raises `ValueError` when the
            piece is not valid JSON for it.
        salvage: takes the single events of a piece that `decode` refused, as bytes each.
        path: named in errors.
    """

    def __init__(
        self,
        stream: BinaryIO,
        decode: Callable[[bytes], None],
        salvage: Callable[[list[bytes]], None],
        path: object,
    ) -> None:
        self._stream = stream
        self._decode = decode
        self._salvage = salvage
        self._path = path
        self.metadata: dict[str, Any] = {}

    def run(self) -> None:
        """Feeds every event to `decode` or `salvage`; fills `metadata`.

        Raises:
            TraceError: not JSON, no traceEvents, or a file that ends too early.
        """
        head, buffer = self._read_head()
        tail = self._read_events(buffer)
        self.metadata = self._read_metadata(head, tail)

    def _read_head(self) -> tuple[bytes, bytes]:
        buffer = b""
        step = PIECE_BYTES
        while True:
            more = self._stream.read(step)
            buffer += more
            start = _events_start(buffer)
            if start is not None:
                return buffer[:start], buffer[start:]
            if not more:
                raise self._no_events(buffer)
            step = len(buffer)  # doubling: a long head stays linear

    def _no_events(self, text: bytes) -> TraceError:
        if not text.strip():
            return TraceError("load", self._path, "the file is empty", _EXPORT_AGAIN)
        try:
            json.loads(text)
        except ValueError as error:
            cause = f"not JSON ({_reason(error)})"
            return TraceError("load", self._path, cause, _EXPORT_AGAIN)
        cause = "JSON without a traceEvents list"
        return TraceError("load", self._path, cause, "give a trace that torch.profiler exported")

    def _read_events(self, buffer: bytes) -> bytes:
        """Feeds the events; returns what follows the closing bracket of traceEvents."""
        while True:
            more = self._stream.read(PIECE_BYTES)
            if not more:
                events, end = split_events(buffer)
                if end is None:
                    cause = "the file ends inside traceEvents"
                    raise TraceError("load", self._path, cause, _EXPORT_AGAIN)
                self._feed(buffer[: end - 1], events)
                return buffer[end:]
            buffer += more
            cut = _last_border(buffer)
            if cut is None:
                continue  # an event longer than a piece
            border, following = cut
            try:
                self._decode(b"[" + buffer[:border] + b"]")
            except ValueError:
                events, end = split_events(buffer)
                if end is not None:
                    self._feed(buffer[: end - 1], events)
                    return buffer[end:] + self._stream.read()
                if len(events) > 1:
                    # The last one may go on in the next read.
                    self._salvage(events[:-1])
                    buffer = events[-1]
            else:
                buffer = buffer[following:]

    def _feed(self, piece: bytes, events: list[bytes]) -> None:
        try:
            self._decode(b"[" + piece + b"]")
        except ValueError:
            self._salvage(events)

    def _read_metadata(self, head: bytes, tail: bytes) -> dict[str, Any]:
        if head.strip() == b"[":
            return {}
        text = (head + b"]" + tail).decode("utf-8", "replace")
        try:
            document = json.loads(text, strict=False)
        except ValueError as error:
            cause = f"what surrounds traceEvents is not JSON ({_reason(error)})"
            raise TraceError("load", self._path, cause, _EXPORT_AGAIN) from error
        document.pop("traceEvents", None)
        return dict(document)


def _reason(error: ValueError) -> str:
    return str(error).split("\n", maxsplit=1)[0]


def _events_start(text: bytes) -> int | None:
    """Where the first event of the outermost traceEvents list begins (after its bracket)."""
    if text.lstrip()[:1] == b"[":  # Chrome's array form: a bare list of events
        return text.index(b"[") + 1
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in _OPENING:
            depth += 1
        elif token in _CLOSING:
            depth -= 1
        elif depth == 1 and token == b'"traceEvents"':
            after = re.compile(rb"\s*:\s*\[").match(text, match.end())
            if after:
                return after.end()
    return None


def _last_border(buffer: bytes) -> tuple[int, int] | None:
    """The last `}, {`: where the piece ends, and where the next begins."""
    window = _WINDOW
    while True:
        start = max(0, len(buffer) - window)
        last = None
        for match in _BORDER.finditer(buffer, start):
            last = match
        if last is not None:
            return last.start() + 1, last.end()
        if start == 0:
            return None
        window *= 8


def split_events(text: bytes) -> tuple[list[bytes], int | None]:
    """The single elements of the list that `text` is inside of, and the index after its `]`.

    Exact and slow (every token is looked at); the index is None where the list does not end.

    Example:
        >>> split_events(b'{"a": "},{"}, 7], "more": 1}')
        ([b'{"a": "},{"}', b'7'], 16)
    """
    elements: list[bytes] = []
    depth = begin = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in _OPENING:
            depth += 1
        elif token in _CLOSING:
            if depth == 0:
                last = text[begin : match.start()].strip()
                return [*elements, last] if last else elements, match.end()
            depth -= 1
        elif token == b"," and depth == 0:
            elements.append(text[begin : match.start()].strip())
            begin = match.end()
    return [*elements, text[begin:]], None
