"""What makes a generated trace hard to read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

START_NS = 4_203_669_603_000_000

Pace = Literal["mixed", "device", "launch", "idle"]
"""What limits the speed of the forward:
    mixed   the host and the device in turn, as in most real traces
    device  kernels are so long that all but the first are queued
    launch  the host is so slow that no kernel is queued: each starts as soon as it is launched
    idle    kernels are queued, and yet the device pauses before each, four times as long as it runs
"""


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """What is hard about a generated trace; by default, nothing.

    Attributes:
        no_launch: the share of launches that are missing from the trace although their kernel is
            there. Graph launches are always there.
        lost_share: the share of kernels that are missing from the trace although their launch is there.
        lost_first: step number -> how many of the step's first kernels are missing in the same way.
        outside: add pre- and postprocessing before and after the encoder, outside of every range.
        backward: add a backward pass on an autograd thread, linked to the forward by flow events, and
            gradient accumulation that no flow event leads to.
        graphs: replace the neck's kernels by one graph launch inside its range, and blocks 4 to 7 by
            another; as in real traces, the ranges of those blocks are then not entered.
        captures: if above 0, each forward captures its graphs, so that their ranges are entered, and
            then launches each of them so many times. What is captured runs nothing by itself.
        graph_nodes: tell the id of the graph's node of each activity of a captured graph, which then
            runs on two streams; without ids all of it runs on one.
        two_threads: run the encoder on two threads at once, on separate streams.
        skew_ns: how far the device's clock is ahead of the host's. If negative, kernels seem to start
            before they are launched.
        start_ns: when the first forward begins.
        launches: the names of the calls that launch kernels, used in turn.
        pace: what limits the speed of the forward; see `Pace`.
    """

    no_launch: float = 0.0
    lost_share: float = 0.0
    lost_first: Mapping[int, int] = field(default_factory=dict)
    outside: bool = False
    backward: bool = False
    graphs: bool = False
    captures: int = 0
    graph_nodes: bool = False
    two_threads: bool = False
    skew_ns: int = 0
    start_ns: int = START_NS
    launches: tuple[str, ...] = ("cudaLaunchKernel",)
    pace: Pace = "mixed"
