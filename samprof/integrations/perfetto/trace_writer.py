"""A trace file written piece by piece: metadata, then events."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from samprof.files import written_whole

_LEVEL = 6


class EventWriter:
    """Writes events of a JSON list, a comma before all but the first."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write, self._between = write, b"\n"

    def __call__(self, *events: bytes) -> None:
        """Writes events; one that is given may be several, with commas between."""
        if events:
            self._write(self._between + b",\n".join(events))
            self._between = b",\n"


@contextmanager
def trace_writer(target: Path, metadata: Mapping[str, Any]) -> Iterator[EventWriter]:
    """A writer of the trace's events; the file is there whole when the block ends, or not at all.

    Args:
        target: compressed where its name ends in .gz.
        metadata: comes first in the file, where tools that read only its beginning look for it.

    Raises:
        OSError: it cannot be written.
    """
    with written_whole(target) as raw, _compressed(raw, target) as write:
        pairs = "".join(f"{json.dumps(key)}: {json.dumps(metadata[key])},\n" for key in metadata)
        write(f'{{{pairs}"traceEvents": ['.encode())
        yield EventWriter(write)
        write(b"\n]}\n")


@contextmanager
def _compressed(raw: BinaryIO, target: Path) -> Iterator[Callable[[bytes], object]]:
    """A function that writes to the file, compressed where its name says so."""
    if target.suffix != ".gz":
        yield raw.write
        return
    # No name and no time inside: the same trace gives the same bytes.
    with gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as packed:
        yield packed.write
