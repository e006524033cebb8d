"""What the hard cases look for in the kernels of device traces made by hand."""

from pathlib import Path

from samprof.trace import load_trace
from samprof.verify.groups.hard.compiled import noted, split
from samprof.verify.groups.hard.execution import backward_in_blocks, both_streams
from tests.support.graphed import graphed
from tests.support.tracefile import TraceFile
from tests.verify.device_trace import RECORDED, device_trace


def test_streams_and_graphs_are_seen_where_they_are(tmp_path: Path) -> None:
    one = load_trace(device_trace(tmp_path / "one.json"), cache=False)
    two = load_trace(device_trace(tmp_path / "two.json", streams=(7, 9)), cache=False)
    assert both_streams(one, "streams").ok is False
    assert both_streams(two, "streams").ok is True
    assert both_streams(two, "streams").note == "7: 150000 ns, 9: 120000 ns"
    assert noted(one, "graph", "graph launch").ok is False
    file = TraceFile(metadata={"schemaVersion": 1, **RECORDED})
    file.range("enc", 0, 1_000)
    file.launch(1, 100, name="cudaGraphLaunch")
    file.kernel(1, 2_000, 10)
    file.kernel(1, 2_020, 10)
    graph = load_trace(file.write(tmp_path / "graph.json"), cache=False)
    reason = "its capture is not in the trace"
    note = f"graph launch: 2 activities, not split: {reason}"
    assert noted(graph, "graph", "graph launch").note == note
    assert (split(graph, "graph").ok, split(graph, "graph").note) == (False, reason)
    assert split(one, "graph").note == "no graph was launched"
    captured = load_trace(graphed().write(tmp_path / "captured.json"), cache=False)
    assert split(captured, "graph").ok is True


def test_the_backward_is_found_in_its_blocks(tmp_path: Path) -> None:
    file = TraceFile(metadata={"schemaVersion": 1, **RECORDED})
    file.range("enc", 0, 1_000)
    file.range("enc.blocks.0", 100, 500)
    file.op("aten::mm", 200, 100, sequence=4)
    file.launch(1, 210)
    file.kernel(1, 10_000, 50)
    file.op(
        "autograd::engine::evaluate_function: MmBackward0",
        2_000,
        300,
        2,
        sequence=4,
        forward_thread=1,
    )
    file.flow(1, forward=(200, 1), backward=(2_000, 2))
    file.launch(2, 2_100, thread=2)
    file.kernel(2, 11_000, 80)
    backward = load_trace(file.write(tmp_path / "backward.json"), cache=False)
    found = backward_in_blocks(backward, "backward")
    assert found.ok is True
    assert found.note == "100% of the backward's time is in blocks"
    forward = load_trace(device_trace(tmp_path / "trace.json"), cache=False)
    assert backward_in_blocks(forward, "backward").ok is False
