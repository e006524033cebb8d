"""Owners of device time: one hand-made trace per rule (R1 to R5 of the design) and per trap.

A trace here is a handful of events; times are nanoseconds. Ranges are `[start, end)`.
"""

from pathlib import Path

import pytest

from samprof.trace import Trace
from tests.support.tables import TableBy, kernel_rows, layer_rows, opened
from tests.support.tracefile import TraceFile


def owners(trace: Trace, by: TableBy = "auto") -> dict[int, str]:
    """The owner of each device activity, by its correlation id."""
    return {row["correlation"]: row["owner"] for row in kernel_rows(trace, by)}


def ops(trace: Trace, by: TableBy = "auto") -> dict[int, str | None]:
    """The op of each device activity, by its correlation id."""
    return {row["correlation"]: row["op"] for row in kernel_rows(trace, by)}


# R1: the launch, by correlation id


@pytest.mark.parametrize(
    ("name", "cat"),
    [
        ("cudaLaunchKernel", "cuda_runtime"),
        ("cudaLaunchKernelExC", "cuda_runtime"),
        ("cudaMemcpyAsync", "cuda_runtime"),
        ("cuLaunchKernelEx", "cuda_driver"),
        ("hipLaunchKernel", "cuda_runtime"),
        ("hipExtModuleLaunchKernel", "cuda_driver"),
        ("urEnqueueKernelLaunch", "xpu_runtime"),
        ("cudaLaunchKernel", "Runtime"),
        ("a name of tomorrow", "privateuse1_driver"),
    ],
)
def test_launch_is_found_by_correlation_whatever_its_name(
    tmp_path: Path, name: str, cat: str
) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.launch(1, 50, name=name, cat=cat)
    file.kernel(1, 60, 10)
    assert owners(opened(file, tmp_path)) == {1: "net"}


@pytest.mark.parametrize("lead", [-1_000_000_000, -40, 0, 1_000_000_000])
def test_device_clock_plays_no_part(tmp_path: Path, lead: int) -> None:
    # The kernel runs while net.b is open (or long before, or long after); net.a launched it.
    file = TraceFile()
    file.range("net.a", 2_000_000_000, 50)
    file.range("net.b", 2_000_000_050, 50)
    file.launch(1, 2_000_000_020)
    file.kernel(1, 2_000_000_060 + lead, 10)
    assert owners(opened(file, tmp_path)) == {1: "net.a"}


def test_earliest_of_several_launches_counts(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net.a", 0, 11)
    file.range("net.b", 11, 20)
    file.launch(1, 12, name="cuLaunchKernel", cat="cuda_driver")
    file.launch(1, 10, dur=5)
    file.kernel(1, 60, 10)
    assert owners(opened(file, tmp_path)) == {1: "net.a"}


def test_shortest_of_launches_with_one_start_counts(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net.a", 0, 20, thread=1)
    file.range("net.b", 0, 20, thread=2)
    file.launch(1, 10, dur=5, thread=1)
    file.launch(1, 10, dur=3, thread=2)
    file.kernel(1, 60, 10)
    assert owners(opened(file, tmp_path)) == {1: "net.b"}


def test_only_runtime_and_driver_events_launch(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.op("aten::mm", 10, 20, correlation=1)
    file.event("cuda_sync", "Stream Sync", 10, 20, args={"correlation": 1})
    file.kernel(1, 60, 10)
    assert owners(opened(file, tmp_path)) == {1: "(no launch)"}


# R2: the innermost op and range that hold the launch's start


@pytest.mark.parametrize("inner_first", [False, True])
def test_shorter_of_ranges_with_one_start_is_inner(tmp_path: Path, inner_first: bool) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.a", 0, 50)
    file.launch(1, 0)
    file.kernel(1, 200, 10)
    if inner_first:
        file.events.reverse()
    assert owners(opened(file, tmp_path)) == {1: "net.a"}


@pytest.mark.parametrize("inner_first", [False, True])
def test_greater_name_of_ranges_with_one_extent_is_inner(tmp_path: Path, inner_first: bool) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.a", 0, 100)
    file.launch(1, 30)
    file.kernel(1, 200, 10)
    if inner_first:
        file.events.reverse()
    trace = opened(file, tmp_path)
    assert owners(trace) == {1: "net.a"}
    assert layer_rows(trace, "samprof")["net"]["device_total_ns"] == 10


def test_start_is_inside_and_end_is_not(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net.a", 0, 50)
    file.range("net.b", 50, 50)
    for correlation, ts in ((1, 49), (2, 50), (3, 99), (4, 100)):
        file.launch(correlation, ts)
        file.kernel(correlation, 200 + ts, 1)
    assert owners(opened(file, tmp_path)) == {1: "net.a", 2: "net.b", 3: "net.b", 4: "(outside)"}


def test_range_of_no_length_owns_nothing(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.a", 50, 0)
    file.launch(1, 50)
    file.kernel(1, 200, 10)
    trace = opened(file, tmp_path)
    assert owners(trace) == {1: "net"}
    row = layer_rows(trace, "samprof")["net.a"]
    assert (row["calls"], row["cpu_total_ns"], row["kernels"]) == (1, 0, 0)


def test_range_of_another_thread_never_owns(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100, thread=2)
    file.op("aten::mm", 0, 100, thread=2)
    file.launch(1, 50, thread=1)
    file.kernel(1, 200, 10)
    trace = opened(file, tmp_path)
    assert owners(trace) == {1: "(outside)"}
    assert ops(trace) == {1: None}


def test_thread_of_another_process_never_owns(tmp_path: Path) -> None:
    file = TraceFile()
    file.event("cpu_op", "samprof:net", 0, 100, pid=101, tid=1)
    file.launch(1, 50, thread=1)
    file.kernel(1, 200, 10)
    assert owners(opened(file, tmp_path)) == {1: "(outside)"}


def test_thread_as_text_and_as_number_is_one_thread(tmp_path: Path) -> None:
    # As in the old format, which wrote "tid": "25738".
    file = TraceFile()
    file.range("net", 0, 100, thread="25738")
    file.launch(1, 50, thread=25738)
    file.kernel(1, 200, 10)
    assert owners(opened(file, tmp_path)) == {1: "net"}


@pytest.mark.parametrize("cat", ["cpu_op", "user_annotation", "Operator"])
def test_samprof_range_is_known_by_its_name_and_is_no_op(tmp_path: Path, cat: str) -> None:
    file = TraceFile()
    file.op("aten::linear", 0, 100)
    file.range("net", 10, 80, cat=cat)
    file.launch(1, 50)
    file.kernel(1, 200, 10)
    trace = opened(file, tmp_path)
    assert owners(trace) == {1: "net"}
    assert ops(trace) == {1: "aten::linear"}
    assert owners(trace, "op") == {1: "aten::linear"}
    assert owners(trace, "annotation") == {1: "(outside)"}


# R5: a graph launch is never split


def test_graph_launch_gives_all_its_activities_to_the_range_around_it(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.a", 10, 20)
    file.launch(1, 50, name="cudaGraphLaunch")
    file.launch(2, 15)
    for ts in (200, 210, 220):
        file.kernel(1, ts, 10)
    file.kernel(2, 190, 4)
    trace = opened(file, tmp_path)
    rows = layer_rows(trace, "samprof")
    assert (rows["net"]["kernels"], rows["net"]["device_self_ns"]) == (4, 30)
    notes = trace.layers().set_index("path")["note"].fillna("").str.lower()
    assert "graph" in notes["net"]
    assert "graph" not in notes["net.a"]
