"""R3: device time of autograd's threads goes to the range of the forward op, by its links.

The forward runs on thread 501 from 0 to 100 ns, the backward on thread 502 from 200 ns on.
The number of the forward thread counts where it is the id of a thread in the file: sequence numbers are
counted per thread, so without the thread they would be a guess.
"""

from pathlib import Path

from samprof.trace import Trace
from tests.support.tables import kernel_rows, layer_rows, opened
from tests.support.tracefile import TraceFile

FORWARD, BACKWARD, OTHER = 501, 502, 503


def owner_and_phase(trace: Trace) -> tuple[str, str]:
    """Of the only device activity."""
    (row,) = kernel_rows(trace, "samprof")
    return row["owner"], row["phase"]


def forward() -> TraceFile:
    """net [0, 100) with net.a [0, 50) and net.b [50, 100), all on the forward thread."""
    file = TraceFile()
    file.range("net", 0, 100, FORWARD)
    file.range("net.a", 0, 50, FORWARD)
    file.range("net.b", 50, 50, FORWARD)
    return file


def launch_in_backward(file: TraceFile, ts: int = 220) -> None:
    file.launch(9, ts, thread=BACKWARD)
    file.kernel(9, 500, 10)


def test_flow_leads_to_the_forward_range(tmp_path: Path) -> None:
    file = forward()
    file.op("aten::mm", 10, 10, FORWARD)
    file.op("MmBackward0", 210, 80, BACKWARD)
    file.op("aten::mm", 215, 20, BACKWARD)
    file.flow(1, forward=(10, FORWARD), backward=(210, BACKWARD))
    launch_in_backward(file)
    assert owner_and_phase(opened(file, tmp_path)) == ("net.a", "backward")


def test_flow_ends_at_the_innermost_op_only(tmp_path: Path) -> None:
    # The flow ends in MmBackward0 [210, 250); the launch at 260 is only in the op around that.
    file = forward()
    file.op("aten::mm", 10, 10, FORWARD)
    file.op("evaluate_function", 200, 100, BACKWARD)
    file.op("MmBackward0", 210, 40, BACKWARD)
    file.flow(1, forward=(10, FORWARD), backward=(210, BACKWARD))
    launch_in_backward(file, ts=260)
    assert owner_and_phase(opened(file, tmp_path)) == ("(outside)", "forward")


def test_sequence_number_leads_to_the_forward_range_without_a_flow(tmp_path: Path) -> None:
    file = forward()
    file.op("aten::mm", 10, 10, FORWARD, sequence=7)
    file.op("MmBackward0", 210, 80, BACKWARD, sequence=7, forward_thread=FORWARD)
    launch_in_backward(file)
    assert owner_and_phase(opened(file, tmp_path)) == ("net.a", "backward")


def test_latest_forward_op_before_the_backward_op_counts(tmp_path: Path) -> None:
    # Sequence number 7 starts at 10 (net.a), at 60 (net.b) and, too late, at 300 (net.a again).
    file = forward()
    file.range("net.a", 300, 50, FORWARD)
    for ts in (300, 60, 10):
        file.op("aten::mm", ts, 10, FORWARD, sequence=7, forward_thread=0)
    file.op("MmBackward0", 210, 80, BACKWARD, sequence=7, forward_thread=FORWARD)
    launch_in_backward(file)
    assert owner_and_phase(opened(file, tmp_path)) == ("net.b", "backward")


def test_forward_op_after_the_backward_op_is_no_link(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 300, 50, FORWARD)
    file.op("aten::mm", 310, 10, FORWARD, sequence=7)
    file.op("MmBackward0", 210, 80, BACKWARD, sequence=7, forward_thread=FORWARD)
    launch_in_backward(file)
    assert owner_and_phase(opened(file, tmp_path)) == ("(outside)", "forward")


def test_forward_thread_that_the_file_does_not_have_is_no_link(tmp_path: Path) -> None:
    # Autograd numbers threads on its own: 1 may be any of them.
    file = forward()
    file.op("aten::mm", 10, 10, FORWARD, sequence=7)
    file.op("MmBackward0", 210, 80, BACKWARD, sequence=7, forward_thread=1)
    launch_in_backward(file)
    assert owner_and_phase(opened(file, tmp_path)) == ("(outside)", "forward")


def test_sequence_number_counts_on_the_forward_thread_only(tmp_path: Path) -> None:
    # Sequence numbers are counted a thread: 7 on one thread and 7 on another are two ops.
    file = forward()
    file.op("aten::mm", 10, 10, FORWARD, sequence=7)
    file.op("aten::mm", 60, 10, OTHER, sequence=7)
    file.op("MmBackward0", 210, 80, BACKWARD, sequence=7, forward_thread=FORWARD)
    launch_in_backward(file)
    assert owner_and_phase(opened(file, tmp_path)) == ("net.a", "backward")


def test_other_backward_ops_are_no_forward_ops(tmp_path: Path) -> None:
    # Both backward ops carry number 7; only the op without a forward thread is its forward.
    file = forward()
    file.op("aten::mm", 10, 10, FORWARD, sequence=7)
    file.op("evaluate_function", 200, 100, BACKWARD, sequence=7, forward_thread=FORWARD)
    file.op("MmBackward0", 210, 80, BACKWARD, sequence=7, forward_thread=FORWARD)
    launch_in_backward(file)
    assert owner_and_phase(opened(file, tmp_path)) == ("net.a", "backward")


def test_op_without_a_forward_thread_is_no_backward_op(tmp_path: Path) -> None:
    file = forward()
    file.op("aten::mm", 10, 10, FORWARD, sequence=7)
    file.op("aten::add", 210, 80, BACKWARD, sequence=7, forward_thread=0)
    launch_in_backward(file)
    assert owner_and_phase(opened(file, tmp_path)) == ("(outside)", "forward")


def test_flow_goes_before_sequence_number(tmp_path: Path) -> None:
    file = forward()
    file.op("aten::mm", 10, 10, FORWARD)
    file.op("aten::mm", 60, 10, FORWARD, sequence=7)
    file.op("MmBackward0", 210, 80, BACKWARD, sequence=7, forward_thread=FORWARD)
    file.flow(1, forward=(10, FORWARD), backward=(210, BACKWARD))
    launch_in_backward(file)
    assert owner_and_phase(opened(file, tmp_path)) == ("net.a", "backward")


def test_flow_without_its_forward_end_leaves_it_to_the_sequence_number(tmp_path: Path) -> None:
    file = forward()
    file.op("aten::mm", 60, 10, FORWARD, sequence=7)
    file.op("MmBackward0", 210, 80, BACKWARD, sequence=7, forward_thread=FORWARD)
    file.flow(1, backward=(210, BACKWARD))
    launch_in_backward(file)
    assert owner_and_phase(opened(file, tmp_path)) == ("net.b", "backward")


def test_innermost_linked_op_leads(tmp_path: Path) -> None:
    file = forward()
    file.op("aten::mm", 10, 10, FORWARD, sequence=7)
    file.op("aten::add", 60, 10, FORWARD, sequence=8)
    file.op("AddBackward0", 205, 90, BACKWARD, sequence=8, forward_thread=FORWARD)
    file.op("MmBackward0", 210, 80, BACKWARD, sequence=7, forward_thread=FORWARD)
    file.op("aten::mm", 215, 20, BACKWARD)
    launch_in_backward(file)
    assert owner_and_phase(opened(file, tmp_path)) == ("net.a", "backward")


def test_forward_op_outside_every_range_stays_outside(tmp_path: Path) -> None:
    # The link is found, so no op further out is asked: the phase is backward.
    file = forward()
    file.op("aten::mm", 110, 10, FORWARD, sequence=7)
    file.op("aten::add", 60, 10, FORWARD, sequence=8)
    file.op("AddBackward0", 205, 90, BACKWARD, sequence=8, forward_thread=FORWARD)
    file.op("MmBackward0", 210, 80, BACKWARD, sequence=7, forward_thread=FORWARD)
    launch_in_backward(file)
    assert owner_and_phase(opened(file, tmp_path)) == ("(outside)", "backward")


def test_range_around_the_launch_goes_before_any_link(tmp_path: Path) -> None:
    # Activation recomputation: net.b runs its forward again on the backward thread.
    file = forward()
    file.op("aten::mm", 10, 10, FORWARD)
    file.op("CheckpointBackward", 210, 80, BACKWARD)
    file.range("net.b", 212, 50, BACKWARD)
    file.flow(1, forward=(10, FORWARD), backward=(210, BACKWARD))
    launch_in_backward(file)
    assert owner_and_phase(opened(file, tmp_path)) == ("net.b", "forward")


def test_backward_on_the_forward_thread_is_followed_too(tmp_path: Path) -> None:
    file = forward()
    file.op("aten::mm", 10, 10, FORWARD)
    file.op("MmBackward0", 210, 80, FORWARD)
    file.flow(1, forward=(10, FORWARD), backward=(210, FORWARD))
    file.launch(9, 220, thread=FORWARD)
    file.kernel(9, 500, 10)
    assert owner_and_phase(opened(file, tmp_path)) == ("net.a", "backward")


def test_rows_say_which_phases_are_inside(tmp_path: Path) -> None:
    # net.a: 3 ns forward and 10 ns backward; net.b: 5 ns forward; net holds both.
    file = forward()
    file.op("aten::mm", 10, 10, FORWARD)
    file.op("MmBackward0", 210, 80, BACKWARD)
    file.flow(1, forward=(10, FORWARD), backward=(210, BACKWARD))
    for correlation, ts, dur in ((1, 15, 3), (2, 60, 5)):
        file.launch(correlation, ts, thread=FORWARD)
        file.kernel(correlation, 400 + ts, dur)
    launch_in_backward(file)
    rows = layer_rows(opened(file, tmp_path), "samprof")
    assert {path: (row["device_total_ns"], row["phase"]) for path, row in rows.items()} == {
        "net": (18, "both"),
        "net.a": (13, "both"),
        "net.b": (5, "forward"),
        "(outside)": (0, "forward"),
        "(no launch)": (0, "forward"),
    }


def test_op_that_ended_before_the_launch_is_not_around_it(tmp_path: Path) -> None:
    # MmBackward0 [210, 250) and aten::add [240, 280) cross; at 260 only aten::add is open.
    file = forward()
    file.op("aten::mm", 10, 10, FORWARD)
    file.op("MmBackward0", 210, 40, BACKWARD)
    file.op("aten::add", 240, 40, BACKWARD)
    file.flow(1, forward=(10, FORWARD), backward=(210, BACKWARD))
    launch_in_backward(file, ts=260)
    assert owner_and_phase(opened(file, tmp_path)) == ("(outside)", "forward")
