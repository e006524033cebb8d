"""What can make a made-up trace hard to read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

START_NS = 4_203_669_603_000_000

Pace = Literal["mixed", "device", "launch", "idle"]
"""What keeps the forward from being faster:
    mixed   now this, now that, as in life
    device  kernels are so long that all but the first are queued
    launch  the host is so slow that no kernel is: each starts as soon as it is launched
    idle    kernels are queued, and yet the device pauses before each, four times as long as it works
"""


@dataclass(frozen=True, slots=True)
class Hard:
    """What is hard about a trace; by default nothing is.

    Attributes:
        no_launch: share of the launches of one activity that the trace does not show.
        lost_share: share of the kernels whose launch is in the trace and they are not.
        lost_first: number of a step -> how many of its first kernels are lost in the same way.
        outside: also work before and after the encoder, outside every range.
        backward: also a backward on a thread of autograd, linked by flows, and gradients accumulated
            there that no flow leads to.
        graphs: the neck is one graph launch inside its range; blocks 4 to 7 are another one, and as in
            life their ranges are then not entered.
        two_threads: two threads run the encoder at the same time, on streams of their own.
        skew_ns: the device's clock ahead of the host's; negative: kernels begin before their launch.
        start_ns: when the first forward begins.
        launches: what the calls that launch kernels are named, in turn.
        pace: see `Pace`.
    """

    no_launch: float = 0.0
    lost_share: float = 0.0
    lost_first: Mapping[int, int] = field(default_factory=dict)
    outside: bool = False
    backward: bool = False
    graphs: bool = False
    two_threads: bool = False
    skew_ns: int = 0
    start_ns: int = START_NS
    launches: tuple[str, ...] = ("cudaLaunchKernel",)
    pace: Pace = "mixed"
