"""Tracks: everything that takes time is on one, once, and no two slices of a level overlap."""

from pathlib import Path

import numpy as np

from samprof.integrations.tensorboard.timeline.tracks import NO_EVENT, Timeline, timeline_of
from samprof.trace import Trace, load_trace
from samprof.trace.model.events import DEVICE_KINDS, Kind
from tests.support.tracefile import TraceFile


def test_every_event_with_a_duration_is_one_slice_at_its_own_time(
    trace: Trace, timeline: Timeline
) -> None:
    kinds = (Kind.OP, Kind.RANGE, Kind.ANNOTATION, Kind.RUNTIME, *DEVICE_KINDS)
    shown = timeline.event != NO_EVENT
    assert sorted(timeline.event[shown].tolist()) == trace.events.of(*kinds).tolist()
    starts = trace.events.ts[timeline.event[shown]] - timeline.origin_ns
    assert (timeline.start[shown] == starts).all()
    lengths = timeline.end - timeline.start
    assert (lengths[shown] == trace.events.dur[timeline.event[shown]]).all()
    assert timeline.start.min() == 0


def test_slices_of_a_level_do_not_overlap_and_stand_inside_their_parents(
    timeline: Timeline,
) -> None:
    for first, last in zip(timeline.bounds, timeline.bounds[1:], strict=False):
        assert (timeline.start[first + 1 : last] >= timeline.end[first : last - 1]).all()
    inner = np.flatnonzero(timeline.parent >= 0)
    outer = timeline.parent[inner]
    assert (timeline.start[outer] <= timeline.start[inner]).all()
    assert (timeline.end[outer] > timeline.start[inner]).all()
    rows = [timeline.row_of(part) for part in (int(inner[0]), int(outer[0]))]
    assert timeline.track_of(rows[0]) == timeline.track_of(rows[1])
    assert rows[0] == rows[1] + 1


def test_modules_stand_above_their_thread_and_layers_above_their_stream(
    timeline: Timeline,
) -> None:
    titles = [(track.kind, track.title) for track in timeline.tracks]
    assert titles[0] == ("modules", f"modules, {titles[1][1]}")
    kinds = [kind for kind, _ in titles]
    assert kinds.count("modules") == 2
    assert kinds.index("device") > max(place for place, one in enumerate(kinds) if one == "host")
    for place, (kind, title) in enumerate(titles):
        if kind == "layers":
            assert titles[place + 1] == ("device", title.removeprefix("layers on "))


def test_the_time_of_layers_on_a_stream_is_that_of_their_kernels(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.0", 10, 30)
    file.launch(1, 15)
    file.launch(2, 60)
    file.kernel(1, 1000, 10)
    file.kernel(2, 1050, 20)
    timeline = timeline_of(load_trace(file.write(tmp_path / "trace.json")))
    (layers,) = (track for track in timeline.tracks if track.kind == "layers")
    found = [
        (timeline.label(timeline.name[part]), timeline.start[part], timeline.end[part])
        for row in layers.levels
        for part in range(timeline.bounds[row], timeline.bounds[row + 1])
    ]
    assert found == [("net", 1000, 1070), ("net.0", 1000, 1010)]


def test_a_trace_without_events_has_no_tracks(tmp_path: Path) -> None:
    timeline = timeline_of(load_trace(TraceFile().write(tmp_path / "trace.json")))
    assert (timeline.tracks, len(timeline), timeline.span_ns) == ((), 0, 0)
