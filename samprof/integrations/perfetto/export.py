"""A trace file cut to a few steps, with layers as tracks if asked for.

Everything that belongs to the steps is copied as it stands in the file: events, flow events, names of
processes and threads, metadata. Tracks belong to a process of their own, `GPU 0 layers`, which viewers
sort beside the device; `samprof.integrations.perfetto.device_tracks` says what is on them.

The slices on these tracks are events of the category `samprof_track`, which no reader takes for device
activity: samprof reads the export as if they were not there, and for HTA an event without a stream did
not run on a device. Traces of a CPU get no tracks: their ranges are drawn on the host threads already,
over the ops inside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from samprof.errors import SamprofError, TraceError, UsageError
from samprof.integrations.perfetto.cut import Cut, cut_of
from samprof.integrations.perfetto.device_tracks import Track, device_tracks
from samprof.integrations.perfetto.event_copier import EventCopier
from samprof.integrations.perfetto.trace_writer import EventWriter, trace_writer
from samprof.integrations.perfetto.track_events import HIGHEST_PROCESS, event_text, track_events
from samprof.trace import Trace, load_trace
from samprof.trace.model.events import DEVICE_KINDS
from samprof.trace.model.ranges import By
from samprof.trace.read.gzip_stream import BROKEN_GZIP, open_plain
from samprof.trace.read.scan import EventScanner

_CUT_SHORT: tuple[type[Exception], ...] = (EOFError, *BROKEN_GZIP)


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds.

    Attributes:
        steps: numbers of the marked steps; empty where the whole file was taken.
        of_steps: how many steps of the file have any events.
        events, of_events: how many were copied, and how many the file has.
        size: of the written file, in bytes.
        tracks, slices: how many were added.
        notes: what a user should know about it.
    """

    steps: tuple[int, ...]
    of_steps: int
    events: int
    of_events: int
    size: int
    tracks: int
    slices: int
    notes: tuple[str, ...]


def export(
    source: str | Path,
    target: str | Path,
    *,
    steps: int | None = 1,
    tracks: bool = False,
    by: By = "auto",
    cache: bool = False,
) -> Exported:
    """Writes the last steps of a trace file into another file, with layers as tracks if asked for.

    The file is read twice, piece by piece, and never held as a whole.

    Args:
        source: a trace file.
        target: the file to write, `.json` or `.json.gz`; it is there whole or not at all.
        steps: how many marked steps, counted from the last one with any events; None for the whole
            file. A file without marked steps is taken whole.
        tracks: add tracks on which each layer is a slice over its own kernels.
        by: which ranges they show.
        cache: as in `load_trace`.

    Raises:
        SamprofError: the source cannot be read, the target cannot be written, or they are the same file.
    """
    source, target = Path(source), Path(target)
    _check(source, target, steps)
    trace = load_trace(source, cache=cache)
    marked = _steps_with_events(trace)
    chosen = marked[-steps:] if steps else []
    cut = None
    if chosen:
        cut = cut_of(trace, min(step[1] for step in chosen), max(step[2] for step in chosen))
    part = cut.part if cut else trace
    added = device_tracks(part, by) if tracks else []
    with _errors_named(source, target), trace_writer(target, trace.metadata) as write:
        copier = _copy(source, write, cut, tracks=not tracks)
        write(*_memory_before(trace, cut, copier))
        write(*track_events(added, _first_free_process(trace), copier.sort_index))
    return Exported(
        steps=tuple(number for number, _, _ in chosen),
        of_steps=len(marked),
        events=copier.copied,
        of_events=copier.seen,
        size=target.stat().st_size,
        tracks=len(added),
        slices=sum(len(track.slices) for track in added),
        notes=(
            *trace.notes,
            *_step_notes(steps, marked),
            *(_track_notes(part, added) if tracks else ()),
        ),
    )


def _check(source: Path, target: Path, steps: int | None) -> None:
    if steps is not None and steps < 1:
        raise UsageError("export", f"steps={steps}", "not a number of steps", "give 1 or more")
    if not target.name.endswith((".json", ".json.gz")):
        remedy = "call it .json.gz, or .json for plain text"
        raise UsageError("export", target, "viewers would not know what it is", remedy)
    if target.exists() and source.exists() and target.samefile(source):
        raise UsageError("export", target, "it is the trace itself", "write to another file")


def _steps_with_events(trace: Trace) -> list[tuple[int, int, int]]:
    """The marked steps in which anything happened: an empty one follows the last call of step()."""
    host = np.sort(trace.events.ts[~np.isin(trace.events.kind, DEVICE_KINDS)])
    return [
        (number, start, end)
        for number, start, end in trace.steps()
        if np.searchsorted(host, end) - np.searchsorted(host, start) > 1  # one is the step itself
    ]


def _copy(source: Path, write: EventWriter, cut: Cut | None, *, tracks: bool) -> EventCopier:
    copier = EventCopier(write, cut, tracks=tracks)
    with open_plain(source) as plain:
        EventScanner(plain, copier, source).run()
    return copier


def _memory_before(trace: Trace, cut: Cut | None, copier: EventCopier) -> Iterator[bytes]:
    """One allocator event in place of the host's before the cut, so that memory levels stay the same."""
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


def _first_free_process(trace: Trace) -> int:
    """A process id above all in the trace."""
    numbers = [int(process) for process, _ in trace.threads if process.isdecimal()]
    return max([HIGHEST_PROCESS, *(number + 1 for number in numbers)])


def _step_notes(steps: int | None, marked: list[tuple[int, int, int]]) -> Iterator[str]:
    if steps and not marked:
        yield "no steps are marked in this trace: all of it was taken"


def _track_notes(part: Trace, added: list[Track]) -> Iterator[str]:
    if not part.has_device_time:
        yield "nothing ran on a device, and the ranges are on their CPU threads already: no tracks added"
    elif not added:
        yield "no range owns a kernel here, so no tracks were added; give --by op"


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
