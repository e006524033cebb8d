"""Graphs that are captured, and then launched."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from samprof.testing.calls import Call, ExpectedCost, runtime
from samprof.testing.kernels import GRAPH_STREAM, Activity

_GRAPH_BITS = 32
"""The ids of nodes hold that of their graph in the upper half."""


def captured_graph(calls: Sequence[Call], launches: int, graph: int | None) -> tuple[Call, ...]:
    """The calls between begin and end of a capture, and then as many launches of the graph.

    Args:
        calls: what is captured; launches among it run nothing.
        launches: how often the graph is launched.
        graph: the id of the graph, if the trace tells the nodes of its activities; if not, all run on
            one stream.
    """
    captured = [one for call in calls for one in _activities(call, None)]
    if graph is None:
        activities = [replace(one, stream=GRAPH_STREAM) for one in captured]
    else:
        number = count((graph << _GRAPH_BITS) + 1)
        activities = [replace(one, node=next(number)) for one in captured]
    return (
        runtime("cudaStreamBeginCapture"),
        *(_captured(call, launches) for call in calls),
        runtime("cudaStreamEndCapture"),
        runtime("cudaGraphInstantiateWithFlags"),
        *(runtime("cudaGraphLaunch", *activities) for _ in range(launches)),
    )


def _activities(call: Call, owner: str | None) -> Iterator[Activity]:
    """The device activities of a call, each with the range around its launch."""
    owner = call.path or owner
    for one in call.activities:
        yield replace(one, owner=owner)
    for inner in call.inside:
        yield from _activities(inner, owner)


def _captured(call: Call, launches: int) -> Call:
    """The call as it is captured: it runs nothing, and computes whenever the graph is launched."""
    cost = call.cost
    if cost is not None:
        cost = ExpectedCost(cost.flops * launches, cost.bytes * launches, cost.matrix)
    return replace(
        call,
        inside=tuple(_captured(inner, launches) for inner in call.inside),
        activities=(),
        grad="",
        cost=cost,
        is_captured=bool(call.activities),
    )
