"""Backwards that are captured on autograd's thread, while the thread that began the capture waits."""

from pathlib import Path

import pytest

from samprof.trace import Trace
from samprof.trace.model.kept_captures import captures_as_json
from samprof.trace.model.slicing import slice_time
from tests.support.graphed import LAUNCHED, Node, launched
from tests.support.tables import opened
from tests.support.tracefile import TraceFile

AUTOGRAD = 2
RAN = (
    Node("net.a", "aten::mm", "gemm", 7),
    Node("net.b", "aten::gelu", "gelu", 11),
    Node("net.b", "GeluBackward0", "gelu_backward", 13),
    Node("net.a", "MmBackward0", "gemm_left", 17),
    Node("net.a", "MmBackward0", "gemm_right", 19),
    Node("net", "AccumulateGrad", "add", 23),
)
PHASES = ["forward", "forward", "backward", "backward", "backward", "forward"]


def forward(file: TraceFile, ts: int = 1_010) -> None:
    """What the capturing thread runs: two layers with an op and a launch each."""
    for number, node in enumerate(RAN[:2]):
        at = ts + 30 * number
        file.range(node.layer, at, 20)
        file.op(node.op, at + 2, 10, sequence=number)
        file.launch(1_000 + number, at + 4)


def backward(file: TraceFile, *, links: str, ts: int = 1_100, forward_ts: int = 1_010) -> None:
    """What autograd runs, linked to the forward by flows or by numbers, and gradients added up."""
    for number, (name, source, launches) in enumerate(
        [("GeluBackward0", 1, (1_002,)), ("MmBackward0", 0, (1_003, 1_004))]
    ):
        at = ts + 30 * number
        numbers = {"sequence": source, "forward_thread": 1} if links == "numbers" else {}
        file.op(name, at, 20, AUTOGRAD, **numbers)
        if links == "flows":
            file.flow(source, forward=(forward_ts + 30 * source + 2, 1), backward=(at, AUTOGRAD))
        for place, correlation in enumerate(launches):
            file.launch(correlation, at + 4 + place, thread=AUTOGRAD)
    file.op("AccumulateGrad", ts + 60, 20, AUTOGRAD)
    file.launch(1_005, ts + 64, thread=AUTOGRAD)


def trained(links: str = "flows") -> TraceFile:
    """A capture of a forward and its backward, and one launch of the graph."""
    file = TraceFile()
    file.range("net", 990, 300)
    file.launch(998, 1_000, name="cudaStreamBeginCapture")
    forward(file)
    backward(file, links=links)
    file.launch(999, 1_200, name="cudaStreamEndCapture")
    launched(file, RAN)
    return file


def rows(trace: Trace) -> list[tuple[str, str, str]]:
    """Owner, op and phase of each activity, in order of time."""
    kernels = trace.kernels()
    columns = (kernels[name].tolist() for name in ("owner", "op", "phase"))
    return list(zip(*columns, strict=True))


EXPECTED = [(node.layer, node.op, phase) for node, phase in zip(RAN, PHASES, strict=True)]


@pytest.mark.parametrize("links", ["flows", "numbers"])
def test_a_backward_is_captured_with_its_forward(tmp_path: Path, links: str) -> None:
    trace = opened(trained(links), tmp_path)
    (one,) = trace.captures()
    assert trace.events.link[one.launches].tolist() == [1_000 + number for number in range(6)]
    check = trace.check()
    assert (check.ok, check.lost_records) == (True, 0)
    assert any("6 launches captured into a graph" in note for note in check.notes)
    assert rows(trace) == EXPECTED
    layers = trace.layers().set_index("path")["device_self_ns"]
    assert (layers["net.a"], layers["net.b"], layers["net"]) == (7 + 17 + 19, 11 + 13, 23)


def test_a_part_without_the_capture_is_split_like_the_whole(tmp_path: Path) -> None:
    part = slice_time(opened(trained(), tmp_path), LAUNCHED - 50, LAUNCHED + 50)
    assert rows(part) == EXPECTED
    assert rows(slice_time(part, LAUNCHED - 20, LAUNCHED + 20)) == EXPECTED
    assert part.check().ok


def test_a_graph_that_ran_one_kernel_less_is_not_split(tmp_path: Path) -> None:
    file = trained()
    file.events = [one for one in file.events if one["name"] != "gelu_backward"]
    trace = opened(file, tmp_path)
    assert {owner for owner, _, _ in rows(trace)} == {"net"}
    assert [one.reason for one in trace.graphs()] == ["6 launches were captured"]
    assert trace.check().lost_records == 1


def test_launches_that_lead_to_no_captured_forward_lost_their_kernels(tmp_path: Path) -> None:
    file = trained()
    # Another thread's backward of a forward that ran before the capture.
    file.op("aten::mm", 500, 20)
    file.launch(700, 505)
    file.kernel(700, 50_000, 5)
    file.op("MmBackward0", 1_050, 20, 3)
    file.flow(90, forward=(500, 1), backward=(1_050, 3))
    file.launch(701, 1_055, thread=3)
    # And autograd's own thread, before the captured backward began.
    file.launch(702, 1_020, thread=AUTOGRAD)
    trace = opened(file, tmp_path)
    assert trace.check().lost_records == 2
    assert rows(trace)[-len(RAN) :] == EXPECTED


def test_forward_and_backward_in_graphs_of_their_own(tmp_path: Path) -> None:
    """As `torch.cuda.make_graphed_callables` captures and launches them."""
    file = TraceFile()
    file.range("net", 990, 100)
    file.launch(990, 1_000, name="cudaStreamBeginCapture")
    forward(file)
    file.launch(991, 1_080, name="cudaStreamEndCapture")
    file.launch(992, 1_095, name="cudaStreamBeginCapture")
    backward(file, links="flows")
    file.launch(993, 1_200, name="cudaStreamEndCapture")
    file.op("Graphed", LAUNCHED - 4, 10)
    launched(file, RAN[:2])
    file.op("GraphedBackward", LAUNCHED + 90, 20, AUTOGRAD)
    file.flow(91, forward=(LAUNCHED - 4, 1), backward=(LAUNCHED + 90, AUTOGRAD))
    launched(
        file,
        RAN[2:],
        LAUNCHED + 100,
        correlation=2,
        around=None,
        device_ts=200_000,
        thread=AUTOGRAD,
    )
    trace = opened(file, tmp_path)
    assert [len(one.launches) for one in trace.captures()] == [2, 4]
    assert trace.check().ok
    # The backward belongs to the range that launched its forward: of the layers inside, the trace of
    # the second graph says nothing.
    assert rows(trace) == EXPECTED[:2] + [("net", node.op, "backward") for node in RAN[2:]]


def test_such_a_capture_is_not_kept_for_later_recordings(tmp_path: Path) -> None:
    assert captures_as_json(opened(trained(), tmp_path)) == []
