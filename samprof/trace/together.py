"""Two processes on one file: each decompresses all of it, and decodes the pieces that it claims.

Decompressing is a sixth of the work, and sending plain text from one process to the other would cost as
much. Both cut the text at the same places; claims are tokens in a pipe, taken in order.
"""

import os
import pickle
import sys
from pathlib import Path
from typing import Any, BinaryIO

from samprof.errors import TraceError
from samprof.processes import READERS, can_start, cores, end, start
from samprof.trace.contents import Contents, Part, whole
from samprof.trace.decode import Decoder
from samprof.trace.scan import EventScanner, IrregularError
from samprof.trace.stream import BROKEN_GZIP, is_gzip, open_plain

_WORTH_GZIP, _WORTH_PLAIN = 8 << 20, 100 << 20
_ALONE: tuple[type[Exception], ...] = (
    IrregularError,
    TraceError,
    EOFError,
    OSError,
    pickle.UnpicklingError,
    *BROKEN_GZIP,
)
_TOKEN_BYTES = 4
_TOKENS = 16384  # as many as a pipe holds; what is beyond them is the first process's


class Claims:
    """Which pieces are this process's: the next free one, whenever it has none.

    Args:
        tokens: the reading end of the pipe that both processes take them from.
        first_beyond: pieces from this number on are this process's; None: none of them.
    """

    def __init__(self, tokens: int, first_beyond: int | None) -> None:
        self._tokens = tokens
        self._first_beyond = first_beyond
        self._claimed: int | None = None

    def __call__(self, number: int) -> bool:
        """Whether the piece of this number is to be decoded here; numbers come in order."""
        if self._claimed is None:
            token = os.read(self._tokens, _TOKEN_BYTES)
            self._claimed = int.from_bytes(token, "little") if token else sys.maxsize
        if self._claimed == number:
            self._claimed = None
            return True
        return self._first_beyond is not None and number >= self._first_beyond


def is_worth_it(path: Path) -> bool:
    """Whether a second process pays for its start."""
    if os.environ.get(READERS) == "1" or not can_start() or cores() < 2:
        return False
    return path.stat().st_size >= (_WORTH_GZIP if is_gzip(path) else _WORTH_PLAIN)


def read_together(path: Path) -> Contents | None:
    """The file's contents; None where one process must read it alone, which also finds the reason."""
    tokens = _token_pipe()
    try:
        helper = start(
            "samprof.trace.helper", [str(path.absolute()), str(tokens)], descriptors=[tokens]
        )
    except OSError:
        os.close(tokens)
        return None
    try:
        decoder = Decoder()
        with open_plain(path) as stream:
            scanner = EventScanner(stream, decoder, path, Claims(tokens, _TOKENS))
            metadata = scanner.run()
        return whole([decoder.part, _received(helper.stdout)], metadata, scanner.notes)
    except _ALONE:
        return None
    finally:
        os.close(tokens)
        end(helper)


def help_reading(path: Path, tokens: int, out: BinaryIO) -> None:
    """The second process: decodes what it claims, and writes its part."""
    decoder = Decoder()
    with open_plain(path) as stream:
        EventScanner(stream, decoder, path, Claims(tokens, None)).run_helping()
    part = decoder.part
    pickle.dump(
        (
            len(part.events),
            len(part.memory),
            part.begun,
            part.names,
            part.threads,
            part.inputs,
            part.passed_over,
        ),
        out,
        protocol=pickle.HIGHEST_PROTOCOL,
    )
    part.events.write(out)
    part.memory.write(out)
    out.flush()


def _received(stream: Any) -> Part:
    events, memory, *others = pickle.load(stream)
    part = Decoder().part
    part.events.read(stream, events)
    part.memory.read(stream, memory)
    part.begun, part.names, part.threads, part.inputs, part.passed_over = others
    return part


def _token_pipe() -> int:
    """The reading end of a pipe that holds the numbers of the pieces, and then ends."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    numbers = b"".join(number.to_bytes(_TOKEN_BYTES, "little") for number in range(_TOKENS))
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        pipe.write(numbers)
    return reading
