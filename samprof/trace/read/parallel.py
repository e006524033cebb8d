"""Reads one file in two processes: each decompresses all of it, and decodes the pieces it claims.

Decompression is a sixth of the effort, and sending plain text from one process to the other would cost
as much. Both cut the text at the same places; claims are tokens in a pipe, taken in order.
"""

import os
import pickle
import sys
from pathlib import Path
from typing import Any, BinaryIO

from samprof.errors import TraceError
from samprof.processes import READERS, can_start, cores, end, start
from samprof.trace.model.data import TraceData
from samprof.trace.read.decode import Decoder, NoEventsError
from samprof.trace.read.gzip_stream import BROKEN_GZIP, is_gzip, open_plain
from samprof.trace.read.parts import Part, merge_parts
from samprof.trace.read.scan import EventScanner, IrregularError

_WORTH_GZIP, _WORTH_PLAIN = 8 << 20, 100 << 20
_ALONE: tuple[type[Exception], ...] = (
    IrregularError,
    NoEventsError,
    TraceError,
    EOFError,
    OSError,
    pickle.UnpicklingError,
    *BROKEN_GZIP,
)
_TOKEN_BYTES = 4
_TOKENS = 16384  # as many as a pipe holds; the first process takes the pieces beyond


class Claims:
    """Claims pieces for this process: the next free one, whenever it has none.

    Args:
        tokens: the reading end of the pipe that both processes take tokens from.
        first_beyond: this process also takes all pieces from this number on; None for none.
    """

    def __init__(self, tokens: int, first_beyond: int | None) -> None:
        self._tokens = tokens
        self._first_beyond = first_beyond
        self._claimed: int | None = None

    def __call__(self, number: int) -> bool:
        """Whether this process decodes the piece of this number; numbers come in order."""
        if self._claimed is None:
            token = os.read(self._tokens, _TOKEN_BYTES)
            self._claimed = int.from_bytes(token, "little") if token else sys.maxsize
        if self._claimed == number:
            self._claimed = None
            return True
        return self._first_beyond is not None and number >= self._first_beyond


def is_worthwhile(path: Path) -> bool:
    """Whether a second process saves more time than it takes to start."""
    if os.environ.get(READERS) == "1" or not can_start() or cores() < 2:
        return False
    return path.stat().st_size >= (_WORTH_GZIP if is_gzip(path) else _WORTH_PLAIN)


def read_in_parallel(path: Path) -> TraceData | None:
    """The trace in a file; None if one process must read it alone, which then reports any error."""
    try:
        tokens = _token_pipe()
    except OSError:  # no more files may be opened
        return None
    try:
        worker = start(
            "samprof.trace.read.parallel_worker",
            [str(path.absolute()), str(tokens)],
            descriptors=[tokens],
        )
    except OSError:
        os.close(tokens)
        return None
    try:
        decoder = Decoder()
        with open_plain(path) as stream:
            scanner = EventScanner(stream, decoder, path, Claims(tokens, _TOKENS))
            metadata = scanner.run()
        return merge_parts([decoder.part, _received(worker.stdout)], metadata, scanner.notes)
    except _ALONE:
        return None
    finally:
        os.close(tokens)
        end(worker)


def run_worker(path: Path, tokens: int, out: BinaryIO) -> None:
    """Runs the second process: decodes the pieces it claims, and writes its part."""
    decoder = Decoder()
    with open_plain(path) as stream:
        EventScanner(stream, decoder, path, Claims(tokens, None)).run_claimed()
    part = decoder.part
    pickle.dump(
        (
            len(part.events),
            len(part.allocations),
            part.begun,
            part.names,
            part.threads,
            part.inputs,
            part.skipped,
        ),
        out,
        protocol=pickle.HIGHEST_PROTOCOL,
    )
    part.events.write(out)
    part.allocations.write(out)
    out.flush()


def _received(stream: Any) -> Part:
    events, allocations, *others = pickle.load(stream)
    part = Decoder().part
    part.events.read(stream, events)
    part.allocations.read(stream, allocations)
    part.begun, part.names, part.threads, part.inputs, part.skipped = others
    return part


def _token_pipe() -> int:
    """The reading end of a pipe that holds the numbers of all pieces."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    numbers = b"".join(number.to_bytes(_TOKEN_BYTES, "little") for number in range(_TOKENS))
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        pipe.write(numbers)
    return reading
