"""A trace file cut to a few steps, and lanes in it: modules and blocks as slices over their kernels.

Everything of the steps is copied as it stands in the file: events, arrows, names of processes and
threads, metadata. A lane is a track of a process of its own, `GPU 0 layers`, sorted beside the device's;
which slice stands where is the rule in `samprof.bridges.device_lanes`.

Slices of lanes are events of the category `samprof_lane`, which nobody takes for work: samprof reads the
export as if they were not there, and for HTA what has no stream ran on no device. On a CPU there are
no lanes: the ranges are on their threads already, over the ops that they hold, and a copy of them
would show nothing new.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from samprof.bridges.cut import Copier, Cut, cut_of
from samprof.bridges.device_lanes import Track, device_lanes
from samprof.bridges.lane_events import HIGHEST_PROCESS, event_text, lane_events
from samprof.errors import SamprofError, TraceError, UsageError
from samprof.files import written_whole
from samprof.trace import Trace, load_trace
from samprof.trace.events import DEVICE_KINDS
from samprof.trace.ranges import By
from samprof.trace.scan import EventScanner
from samprof.trace.stream import BROKEN_GZIP, open_plain

_LEVEL = 6
_CUT_SHORT: tuple[type[Exception], ...] = (EOFError, *BROKEN_GZIP)


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds.

    Attributes:
        steps: numbers of the marked steps; empty where the whole file was taken.
        of_steps: how many steps of the file hold anything.
        events, of_events: how many were copied, and how many the file has.
        size: of the written file, in bytes.
        slices: how many are on lanes.
        lanes: how many tracks of lanes.
        notes: what a user should know of it.
    """

    steps: tuple[int, ...]
    of_steps: int
    events: int
    of_events: int
    size: int
    slices: int
    lanes: int
    notes: tuple[str, ...]


def export(
    source: str | Path,
    target: str | Path,
    *,
    steps: int | None = 1,
    lanes: bool = False,
    by: By = "auto",
    cache: bool = False,
) -> Exported:
    """Writes the last steps of a trace file into another, with lanes or without.

    The file is read twice, piece by piece, and never held as a whole.

    Args:
        source: a trace file.
        target: the file to write, `.json` or `.json.gz`; it is there whole or not at all.
        steps: how many marked steps, the last in which anything happened; None for the whole file,
            which is also what is taken where no steps are marked.
        lanes: add the lanes of its devices.
        by: whose ranges they show.
        cache: as in `load_trace`.

    Raises:
        SamprofError: the source cannot be read, the target not written, or they are the same file.
    """
    source, target = Path(source), Path(target)
    _check(source, target, steps)
    trace = load_trace(source, cache=cache)
    marked = _steps_with_work(trace)
    chosen = marked[-steps:] if steps else []
    cut = None
    if chosen:
        cut = cut_of(trace, min(step[1] for step in chosen), max(step[2] for step in chosen))
    part = cut.part if cut else trace
    tracks = device_lanes(part, by) if lanes else []
    with _errors_named(source, target), written_whole(target) as raw, _packed(raw, target) as write:
        write(_head(trace))
        events = _Events(write)
        copier = _copied(source, events, cut, lanes=not lanes)
        events(*_memory_before(trace, cut, copier))
        events(*lane_events(tracks, _first_process(trace), copier.sort_index))
        write(b"\n]}\n")
    return Exported(
        steps=tuple(number for number, _, _ in chosen),
        of_steps=len(marked),
        events=copier.copied,
        of_events=copier.seen,
        size=target.stat().st_size,
        slices=sum(len(track.slices) for track in tracks),
        lanes=len(tracks),
        notes=(*trace.notes, *_remarks(part, tracks, lanes, steps, marked)),
    )


class _Events:
    """Writes events of a JSON list, a comma before all but the first."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write, self._between = write, b"\n"

    def __call__(self, *events: bytes) -> None:
        if events:
            self._write(self._between + b",\n".join(events))
            self._between = b",\n"


def _check(source: Path, target: Path, steps: int | None) -> None:
    if steps is not None and steps < 1:
        raise UsageError("export", f"steps={steps}", "not a number of steps", "give 1 or more")
    if not target.name.endswith((".json", ".json.gz")):
        remedy = "call it .json.gz, or .json for plain text"
        raise UsageError("export", target, "viewers would not know what it is", remedy)
    if target.exists() and source.exists() and target.samefile(source):
        raise UsageError("export", target, "it is the trace itself", "write to another file")


def _steps_with_work(trace: Trace) -> list[tuple[int, int, int]]:
    """The marked steps in which anything happened; behind the last step() there is an empty one."""
    host = np.sort(trace.events.ts[~np.isin(trace.events.kind, DEVICE_KINDS)])
    return [
        (number, start, end)
        for number, start, end in trace.steps()
        if np.searchsorted(host, end) - np.searchsorted(host, start) > 1  # one is the step itself
    ]


def _head(trace: Trace) -> bytes:
    """All up to the list of events: metadata first, where tools that read only a little look for it."""
    pairs = "".join(
        f"{json.dumps(key)}: {json.dumps(trace.metadata[key])},\n" for key in trace.metadata
    )
    return f'{{{pairs}"traceEvents": ['.encode()


def _copied(source: Path, events: _Events, cut: Cut | None, *, lanes: bool) -> Copier:
    copier = Copier(events, cut, lanes=lanes)
    with open_plain(source) as plain:
        EventScanner(plain, copier, source).run()
    return copier


def _memory_before(trace: Trace, cut: Cut | None, copier: Copier) -> Iterator[bytes]:
    """One allocator event in place of those of the host before the cut, so that levels stay the same."""
    allocations = trace.allocations
    if cut is None or copier.host_memory is None or not (cut.part.allocations.device < 0).any():
        return
    before = np.flatnonzero((allocations.device < 0) & (allocations.ts < cut.start_ns))
    if not len(before):
        return
    level = int(allocations.total[before[np.argsort(allocations.ts[before], kind="stable")[-1]]])
    _, base, process = copier.host_memory
    args = {"Total Allocated": base + level, "Bytes": level, "Device Id": -1, "Device Type": 0}
    head = {"ph": "i", "cat": "cpu_instant_event", "s": "t", "name": "[memory]"}
    yield event_text({**head, "pid": process, "tid": 0, "args": args}, cut.start_ns)


def _first_process(trace: Trace) -> int:
    """A process id above all in the trace."""
    numbers = [int(process) for process, _ in trace.threads if process.isdecimal()]
    return max([HIGHEST_PROCESS, *(number + 1 for number in numbers)])


def _remarks(
    part: Trace,
    tracks: list[Track],
    lanes: bool,
    steps: int | None,
    marked: list[tuple[int, int, int]],
) -> Iterator[str]:
    if steps and not marked:
        yield "no steps are marked in this trace: all of it was taken"
    if lanes and not part.has_device_time:
        yield "nothing ran on a device, and the ranges are on their CPU threads already: no lanes added"
    elif lanes and not tracks:
        yield "no range owns a kernel here, so there are no lanes; give --by op"


@contextmanager
def _packed(raw: BinaryIO, target: Path) -> Iterator[Callable[[bytes], object]]:
    """A function that writes to the file, compressed where its name says so."""
    if target.suffix != ".gz":
        yield raw.write
        return
    # No name and no time inside: the same trace gives the same bytes.
    with gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as packed:
        yield packed.write


@contextmanager
def _errors_named(source: Path, target: Path) -> Iterator[None]:
    try:
        yield
    except _CUT_SHORT:
        cause = "it changed while it was read"
        raise TraceError("export", source, cause, "export again") from None
    except OSError as error:
        remedy = "choose another file, or free space on the disk"
        raise SamprofError("export", target, error.strerror or str(error), remedy) from None
