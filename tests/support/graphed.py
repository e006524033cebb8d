"""Hand-made traces of a captured graph."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.tracefile import TraceFile

LAUNCH = {
    "kernel": "cudaLaunchKernel",
    "gpu_memcpy": "cudaMemcpyAsync",
    "gpu_memset": "cudaMemsetAsync",
}


@dataclass(frozen=True)
class Node:
    """What one launch puts into a graph: its layer, its op, and what runs."""

    layer: str
    op: str = "aten::mm"
    kernel: str = "gemm"
    dur: int = 10
    cat: str = "kernel"


NODES = (
    Node("net.a", "aten::mm", "gemm", 7),
    Node("net.a", "aten::copy_", "Memcpy DtoD", 11, "gpu_memcpy"),
    Node("net.b", "triton_poi_fused_gelu_1", "triton_poi_fused_gelu_1", 13),
    Node("net.b", "aten::fill_", "Memset", 17, "gpu_memset"),
)
CAPTURE, LAUNCHED, DEVICE = 1_000, 5_000, 100_000
_EACH = 20


def captured(
    file: TraceFile,
    nodes: Sequence[Node],
    ts: int = CAPTURE,
    *,
    begin: str = "cudaStreamBeginCapture",
    end: str = "cudaStreamEndCapture",
    first: int = 1_000,
    thread: int = 1,
    ranges: str = "samprof",
) -> int:
    """Adds a capture of these launches, each in its op and layer, inside `net`; returns its end.

    Args:
        file: gets the events.
        nodes: what is captured.
        ts: when it begins.
        begin, end: names of the calls.
        first: the correlation id of the first launch.
        thread: that captures.
        ranges: samprof, annotation or module.
    """
    enter = {"samprof": file.range, "annotation": file.annotation, "module": file.module}[ranges]
    stop = ts + _EACH * (len(nodes) + 1)
    enter("net", ts - 5, stop - ts + 10, thread)
    file.launch(first - 2, ts, thread=thread, name=begin)
    for number, node in enumerate(nodes):
        at = ts + _EACH * number + 2
        enter(node.layer, at, _EACH - 2, thread)
        file.op(node.op, at + 2, 10, thread)
        file.launch(first + number, at + 4, thread=thread, name=LAUNCH[node.cat])
    file.launch(first - 1, stop, thread=thread, name=end)
    return stop


def launched(
    file: TraceFile,
    nodes: Sequence[Node],
    ts: int = LAUNCHED,
    *,
    correlation: int = 1,
    name: str = "cudaGraphLaunch",
    around: str | None = "net",
    stream: int = 20,
    device_ts: int = DEVICE,
    ids: Sequence[int] | None = None,
    thread: int = 1,
) -> None:
    """Adds a launch of the graph, inside the range `around`, and what it runs, one after the other."""
    if around is not None:
        file.range(around, ts - 5, 20, thread)
    file.launch(correlation, ts, thread=thread, name=name)
    for number, node in enumerate(nodes):
        event = file.kernel(
            correlation, device_ts, node.dur, name=node.kernel, stream=stream, cat=node.cat
        )
        if ids is not None:
            event["args"]["graph node id"] = ids[number]
        device_ts += node.dur + 1


def graphed(nodes: Sequence[Node] = NODES, ran: Sequence[Node] | None = None) -> TraceFile:
    """A capture, and one launch of the graph that ran these; by default what was captured."""
    file = TraceFile()
    captured(file, nodes)
    launched(file, nodes if ran is None else ran)
    return file
