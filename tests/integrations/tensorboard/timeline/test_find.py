"""Search and sums over a window."""

from pathlib import Path

import pytest

from samprof.integrations.tensorboard.timeline.describe import described
from samprof.integrations.tensorboard.timeline.find import search, sums_in
from samprof.integrations.tensorboard.timeline.tracks import Timeline, timeline_of
from samprof.trace import Trace, load_trace
from tests.support.tracefile import TraceFile


@pytest.fixture
def small(tmp_path: Path) -> tuple[Trace, Timeline]:
    """An op with two inside it, which crosses the window's edges; a kernel of the second."""
    file = TraceFile()
    file.op("outer", 0, 100)
    file.op("inner", 10, 20)
    file.op("inner", 50, 40)
    file.launch(1, 60)
    file.kernel(1, 200, 30, name="Kernel")
    trace = load_trace(file.write(tmp_path / "trace.json"))
    return trace, timeline_of(trace)


def test_sums_count_what_lies_in_the_window(small: tuple[Trace, Timeline]) -> None:
    host, *_ = sums_in(small[1], [0], 20, 70)
    names = {small[1].names[one.name]: one for one in host.names}
    assert host.busy_ns == 50
    # outer 20-70; inner 20-30 and 50-70; the launch begins at 60.
    launch = sum(one.total_ns for name, one in names.items() if name not in ("outer", "inner"))
    assert (names["outer"].count, names["outer"].total_ns, names["outer"].self_ns) == (1, 50, 20)
    assert (names["inner"].count, names["inner"].total_ns) == (2, 30)
    assert names["inner"].self_ns == 30 - launch


def test_self_times_of_all_names_are_the_time_that_is_covered(timeline: Timeline) -> None:
    for begin, end in ((0, timeline.span_ns), (timeline.span_ns // 3, timeline.span_ns // 2)):
        for track in sums_in(timeline, range(len(timeline.tracks)), begin, end):
            assert sum(name.self_ns for name in track.names) == track.busy_ns
            assert sum(name.count for name in track.names) == track.count


def test_tracks_with_nothing_in_the_window_are_left_out(small: tuple[Trace, Timeline]) -> None:
    tracks = range(len(small[1].tracks))
    found = [small[1].tracks[one.track].kind for one in sums_in(small[1], tracks, 210, 220)]
    assert "device" in found
    assert "host" not in found


def test_search_ignores_capitals_and_goes_by_start(small: tuple[Trace, Timeline]) -> None:
    timeline = small[1]
    found = search(timeline, "INNER")
    assert timeline.start[found.parts].tolist() == [10, 50]
    assert found.total_ns == 60
    assert [timeline.names[name] for name in found.names] == ["inner"]
    assert len(search(timeline, "").parts) == len(search(timeline, "nothing").parts) == 0


def test_a_slice_is_described_to_the_nanosecond(small: tuple[Trace, Timeline]) -> None:
    trace, timeline = small
    inner = described(trace, timeline, int(search(timeline, "inner").parts[1]))
    assert inner["start"].endswith("(50 ns)")
    assert inner["duration"].endswith("(40 ns)")
    assert inner["inside"] == "outer"
    assert inner["launches"] == "1 kernel or copy, 30.0 ns in all, the first at 200 ns"
    kernel = described(trace, timeline, int(search(timeline, "kernel").parts[-1]))
    assert kernel["op"] == "inner"
    assert kernel["layer"] == "outer > inner"
    assert kernel["launched"] == "60.0 ns, 140 ns before it starts"
