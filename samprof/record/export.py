"""The profiler's trace written as gz, without a plain copy on disk where the system allows it.

Kineto writes plain JSON, once, to a file that it opens by name. On Linux that name points to a file in
memory, from which the trace is compressed; the ranges of other threads are inserted on the way. A pipe
to a compressing process is no faster (measured in docs/how-it-works.md), and would block the program
forever if that process hung: Kineto writes while holding the GIL.
"""

import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from samprof.record.ranges.other_threads import Range, as_events

try:
    from isal.isal_zlib import compressobj

    _LEVEL = 1
except ImportError:  # no wheel for this machine: the standard library is slower
    from zlib import compressobj  # type: ignore[assignment]

    _LEVEL = 2  # smaller traces than level 1, in the same time

_GZIP = 31  # zlib's code for a gzip header with a window of 15 bits
_EVENTS_KEY = b'"traceEvents": ['
_TIME_BASE = re.compile(rb'"baseTimeNanoseconds": (\d+)')
_TAIL_BYTES = 256
_PIECE_BYTES = 1 << 20
_CAPTURED = b"StreamEndCapture"
_CAPTURE_EVENT = re.compile(_CAPTURED + rb'"\s*,\s*"pid"\s*:')


def write_trace(write_plain: Callable[[str], None], target: Path, ranges: Sequence[Range]) -> bool:
    """Writes a gz trace, whole or not at all, and tells whether a graph was captured in it.

    Args:
        write_plain: makes the profiler write plain JSON to a path.
        target: the file to write; its folder must exist.
        ranges: ranges to add to the trace.

    Raises:
        OSError: no space, or no such folder.
    """
    captured, last = False, b""
    with _plain_file(target.parent) as plain:
        write_plain(str(plain))
        if not _is_whole(plain):
            raise OSError("the disk is full")  # Kineto does not report it
        try:
            with target.open("wb") as file:
                packer = compressobj(level=_LEVEL, wbits=_GZIP)
                for piece in _pieces(plain, ranges):
                    captured = (
                        captured or _holds_capture(piece) or _holds_capture(last + piece[:64])
                    )
                    last = piece[-64:]
                    file.write(packer.compress(piece))
                file.write(packer.flush())
        except BaseException:
            with suppress(OSError):
                target.unlink(missing_ok=True)
            raise
    return captured


def _holds_capture(piece: bytes) -> bool:
    """Whether an event of these ends a capture; metadata may hold its name too."""
    return _CAPTURED in piece and _CAPTURE_EVENT.search(piece) is not None


@contextmanager
def _plain_file(folder: Path) -> Iterator[Path]:
    """A path in the folder to write to and read from; in memory where the system supports it."""
    path = folder / "plain.json"
    names = (path, folder / "plain.json.tmp")  # Kineto writes the second and renames it at the end
    with ExitStack() as undo:
        for name in names:
            undo.callback(name.unlink, missing_ok=True)
        memory = _memory_file()
        if memory is not None:
            undo.callback(memory.close)
            with suppress(OSError):  # no links here: then it is an ordinary file
                for name in names:
                    name.symlink_to(f"/proc/self/fd/{memory.fileno()}")
        yield path


def _memory_file() -> io.FileIO | None:
    """A file in memory that can be opened by name; None where the system has no such files."""
    if sys.platform != "linux":
        return None
    try:
        memory = io.FileIO(os.memfd_create("samprof"), "w")
    except OSError:
        return None
    if Path(f"/proc/self/fd/{memory.fileno()}").exists():
        return memory
    memory.close()
    return None


def _time_base(head: bytes, trace: BinaryIO) -> int:
    """What the times of a trace count from: told before its events, by older versions at the end."""
    found = _TIME_BASE.search(head)
    if found is None:
        place = trace.tell()
        trace.seek(max(trace.seek(0, os.SEEK_END) - _TAIL_BYTES, 0))
        *_, found = [None, *_TIME_BASE.finditer(trace.read())]
        trace.seek(place)
    return int(found[1]) if found is not None else 0


def _is_whole(path: Path) -> bool:
    """Whether an exported trace ends like a JSON object."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 64, 0))
        return file.read().rstrip().endswith(b"}")


def _pieces(plain: Path, ranges: Sequence[Range]) -> Iterator[bytes]:
    """The bytes of the trace with the ranges as its first events."""
    with plain.open("rb") as trace:
        if ranges:
            head = b""
            while _EVENTS_KEY not in head and (more := trace.read(_PIECE_BYTES)):
                head += more
            before, key, after = head.partition(_EVENTS_KEY)
            yield before + key
            if key:
                base_ns = _time_base(before, trace)
                yield from (event + b",\n" for event in as_events(ranges, base_ns))
            yield after
        while more := trace.read(_PIECE_BYTES):
            yield more
