"""Parts of a trace: what began in a span, with the device activities launched in it."""

from pathlib import Path

import pytest

from samprof.errors import TraceError
from samprof.trace import Trace
from samprof.trace.model.data import TraceData
from samprof.trace.model.slicing import (
    slice_annotation,
    slice_before_annotation,
    slice_root,
    slice_time,
    split_steps,
)
from samprof.trace.read.load import read_trace
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def two_steps() -> TraceFile:
    """Two steps of 100 ns; the kernel of the first runs during the second. "window" is step 1."""
    file = TraceFile()
    for step in (0, 1):
        file.step(step, 100 * step, 100)
        file.range("net", 100 * step + 5, 50)
        file.launch(step, 100 * step + 10)
        file.kernel(step, 110 + 20 * step, 7 + step)
        file.memory(100 * step + 20, 64, 64 * (step + 1))
    file.annotation("window", 100, 100)
    return file


def numbers(trace: TraceData) -> tuple[int, int]:
    """Summed device time, and the number of allocations."""
    activity = trace.launches().activity
    return int(trace.events.dur[activity].sum()), len(trace.allocations)


def test_activities_follow_their_launch(tmp_path: Path) -> None:
    trace = opened(two_steps(), tmp_path)
    assert numbers(slice_time(trace, 0, 100)) == (7, 1)
    assert numbers(slice_time(trace, 100, 200)) == (8, 1)
    assert numbers(slice_time(trace, 0, 200)) == numbers(trace) == (15, 2)


def test_an_activity_without_a_launch_goes_by_its_own_start(tmp_path: Path) -> None:
    file = TraceFile()
    file.kernel(9, 150, 3)
    trace = opened(file, tmp_path)
    assert numbers(slice_time(trace, 150, 151)) == (3, 0)
    assert numbers(slice_time(trace, 0, 150)) == (0, 0)


def test_a_slice_has_the_type_of_the_whole(tmp_path: Path) -> None:
    path = two_steps().write(tmp_path / "trace.json")
    assert type(slice_time(read_trace(path), 0, 100)) is TraceData
    assert type(slice_time(opened(two_steps(), tmp_path), 0, 100)) is Trace


def test_a_slice_derives_its_own_ranges(tmp_path: Path) -> None:
    trace = opened(two_steps(), tmp_path)
    assert len(trace.ranges().node) == 2
    assert len(slice_time(trace, 0, 100).ranges().node) == 1


def test_an_annotation_is_a_span(tmp_path: Path) -> None:
    trace = opened(two_steps(), tmp_path)
    assert numbers(slice_annotation(trace, "window")) == (8, 1)
    assert numbers(slice_before_annotation(trace, "window")) == (7, 1)
    with pytest.raises(TraceError, match="no such annotation"):
        slice_annotation(trace, "nothing")


def test_steps_in_which_nothing_happened_are_left_out(tmp_path: Path) -> None:
    file = two_steps()
    file.step(2, 200, 100)
    assert [(number, numbers(part)) for number, part in split_steps(opened(file, tmp_path))] == [
        (0, (7, 1)),
        (1, (8, 1)),
    ]


def test_other_roots_ranges_are_dropped_and_functions_stay(tmp_path: Path) -> None:
    file = TraceFile()
    for place, name in enumerate(["net", "net.a", "network", "other.a", "f()"]):
        file.range(name, 100 * place, 10)
    trace = slice_root(opened(file, tmp_path), "net")
    assert trace.ranges().paths == ("net", "net.a", "f()")
