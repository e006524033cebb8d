"""R3 for host time: what ops take outside of all ranges goes to the range of their forward op.

The forward runs on thread 501 from 0 to 100 ns: net.a [0, 50), net.b [50, 100). No device is active.
"""

from pathlib import Path

import pytest

from samprof.trace import Trace
from tests.support.tables import layer_rows, opened
from tests.support.tracefile import TraceFile

FORWARD, BACKWARD = 501, 502
threads = pytest.mark.parametrize("thread", [FORWARD, BACKWARD])


def forward() -> TraceFile:
    """net [0, 100) with net.a and net.b, each with an op that autograd numbered."""
    file = TraceFile()
    file.range("net", 0, 100, FORWARD)
    file.range("net.a", 0, 50, FORWARD)
    file.range("net.b", 50, 50, FORWARD)
    file.op("aten::mm", 10, 10, FORWARD, sequence=1)
    file.op("aten::mm", 60, 10, FORWARD, sequence=2)
    return file


def host_time(trace: Trace) -> dict[str, tuple[int, int, str]]:
    """Total, self and phase of each row."""
    assert trace.check().ok
    return {
        path: (row["cpu_total_ns"], row["cpu_self_ns"], row["phase"])
        for path, row in layer_rows(trace, "samprof").items()
    }


@threads
def test_a_backward_op_is_host_time_of_its_forward_range(tmp_path: Path, thread: int) -> None:
    # The time of what runs inside the backward op is the same range's.
    file = forward()
    file.op("MmBackward0", 200, 80, thread, sequence=1, forward_thread=FORWARD)
    file.op("aten::mm", 210, 30, thread)
    assert host_time(opened(file, tmp_path)) == {
        "net": (180, 0, "both"),
        "net.a": (130, 130, "both"),
        "net.b": (50, 50, "forward"),
        "(outside)": (0, 0, "forward"),
    }


@threads
def test_a_flow_counts_before_the_number(tmp_path: Path, thread: int) -> None:
    file = forward()
    file.op("MmBackward0", 200, 80, thread, sequence=1, forward_thread=FORWARD)
    file.flow(1, forward=(60, FORWARD), backward=(200, thread))
    assert host_time(opened(file, tmp_path))["net.b"] == (130, 130, "both")


@threads
def test_what_is_around_the_linked_op_is_outside(tmp_path: Path, thread: int) -> None:
    # evaluate_function [190, 300) has no link of its own; [200, 280) of it leads to net.a.
    file = forward()
    file.op("evaluate_function", 190, 110, thread)
    file.op("MmBackward0", 200, 80, thread, sequence=1, forward_thread=FORWARD)
    rows = host_time(opened(file, tmp_path))
    assert rows["net.a"] == (130, 130, "both")
    assert rows["(outside)"] == (30, 30, "forward")


def test_where_a_range_is_open_the_time_is_its_own(tmp_path: Path) -> None:
    # The backward op crosses into a range of another forward, as when gradients are checkpointed.
    file = forward()
    file.op("MmBackward0", 200, 80, FORWARD, sequence=1, forward_thread=FORWARD)
    file.range("net.b", 230, 20, FORWARD)
    rows = host_time(opened(file, tmp_path))
    assert rows["net.a"] == (110, 110, "both")
    assert rows["net.b"] == (70, 70, "forward")


def test_a_forward_op_in_no_range_leaves_it_outside(tmp_path: Path) -> None:
    file = forward()
    file.op("aten::sum", 110, 10, FORWARD, sequence=3)
    file.op("SumBackward0", 200, 80, BACKWARD, sequence=3, forward_thread=FORWARD)
    rows = host_time(opened(file, tmp_path))
    assert rows["net"] == (100, 0, "forward")
    assert rows["(outside)"] == (90, 90, "forward")


def test_components_hold_their_backward_on_the_thread_of_the_step(tmp_path: Path) -> None:
    file = forward()
    file.step(1, 0, 400, FORWARD)
    file.op("MmBackward0", 200, 80, FORWARD, sequence=1, forward_thread=FORWARD)
    file.launch(1, 210, 20, FORWARD, name="cudaStreamSynchronize")
    table = opened(file, tmp_path).components().set_index("component")
    assert table["host_ns"].to_dict() == {
        "net": 0,
        "net.a": 110,
        "net.b": 50,
        "other host work": 220,
        "synchronisation waits": 20,
    }
    assert table["wait_ns"].to_dict()["net.a"] == 20
