"""Stream captures: where they begin and end, and what is launched in them."""

from pathlib import Path

import pytest

from samprof.trace import Trace
from samprof.trace.model.events import Kind
from tests.support.graphed import LAUNCHED, NODES, captured, graphed
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def correlations(trace: Trace) -> list[list[int]]:
    """The launches of each capture."""
    return [trace.events.link[one.launches].tolist() for one in trace.captures()]


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("cudaStreamBeginCapture", "cudaStreamEndCapture"),
        ("cuStreamBeginCapture_v2", "cuStreamEndCapture"),
        ("hipStreamBeginCapture", "hipStreamEndCapture"),
        ("cudaStreamBeginCaptureToGraph", "cudaStreamEndCapture"),
    ],
)
def test_launches_between_begin_and_end_are_captured(tmp_path: Path, begin: str, end: str) -> None:
    file = TraceFile()
    captured(file, NODES, begin=begin, end=end)
    (found,) = opened(file, tmp_path).captures()
    assert found.kinds.tolist() == [Kind.KERNEL, Kind.MEMCPY, Kind.KERNEL, Kind.MEMSET]


def test_a_launch_that_ran_on_another_thread_or_outside_is_none_of_them(tmp_path: Path) -> None:
    file = graphed()
    file.launch(501, 1_010, thread=2)  # another thread
    file.launch(502, 900)  # before
    file.launch(503, 1_300)  # behind
    file.launch(504, 1_011)  # to another stream: it ran
    file.kernel(504, 50_000, 5)
    assert correlations(opened(file, tmp_path)) == [[1000, 1001, 1002, 1003]]


def test_the_call_of_the_driver_inside_that_of_the_runtime_is_the_same(tmp_path: Path) -> None:
    file = TraceFile()
    stop = captured(file, NODES)
    for event in file.events:
        if "Capture" in event["name"]:
            event["dur"] = 3
    file.launch(600, 1_001, name="cuStreamBeginCapture_v2", cat="cuda_driver")
    file.launch(601, stop + 1, name="cuStreamEndCapture", cat="cuda_driver")
    assert correlations(opened(file, tmp_path)) == [[1000, 1001, 1002, 1003]]


def test_a_capture_whose_end_is_missing_reaches_to_the_next_launch_that_ran(tmp_path: Path) -> None:
    file = TraceFile()
    captured(file, NODES)
    file.events = [one for one in file.events if "EndCapture" not in one["name"]]
    file.launch(700, 2_000)
    file.kernel(700, 50_000, 5)
    file.launch(701, 2_100)
    trace = opened(file, tmp_path)
    assert correlations(trace) == [[1000, 1001, 1002, 1003]]
    assert trace.check().lost_records == 1


def test_a_capture_whose_begin_is_missing_begins_after_the_last_launch_that_ran(
    tmp_path: Path,
) -> None:
    file = TraceFile()
    captured(file, NODES)
    file.events = [one for one in file.events if "BeginCapture" not in one["name"]]
    file.launch(700, 500)
    file.kernel(700, 50_000, 5)
    file.launch(701, 400)
    trace = opened(file, tmp_path)
    assert correlations(trace) == [[1000, 1001, 1002, 1003]]
    assert trace.check().lost_records == 1


def test_a_trace_without_captures_has_none(tmp_path: Path) -> None:
    file = TraceFile()
    file.launch(1, LAUNCHED, name="cudaStreamIsCapturing")
    assert opened(file, tmp_path).captures() == ()
