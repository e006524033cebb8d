"""What the host spends on a forward: dispatching ops in Python, launching kernels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostCosts:
    """Nanoseconds of host time.

    Attributes:
        launch: of an op that launches a kernel.
        other: of every other op, which only views or allocates.
    """

    launch: int
    other: int


EAGER = HostCosts(launch=8_000, other=1_500)
"""PyTorch on a current server, without the profiler."""
COMPILED = HostCosts(launch=4_000, other=0)
"""The wrapper that torch.compile writes: one launch after the other."""
GRAPH = HostCosts(launch=300, other=0)
"""A CUDA graph: one launch for all, so that next to nothing is left per kernel."""
