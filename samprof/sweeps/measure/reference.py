"""Reference work: a fixed computation on the model's threads, which tells how fast the CPUs are now.

Other machines on the same host, or a lowered clock, slow a CPU to little more than half its speed, for
a second or a minute, and no counter of this machine shows it. On two virtual CPUs of a busy host this
work took 0.54 to 0.86 ms, and its logarithm followed that of an encoder's forward between two runs of
it with a correlation of 0.73 (batch 1) and 0.87 (batch 8). Of 990 forwards those between two fast runs
varied by 7 %, all of them by 15 to 17 %.
"""

from __future__ import annotations

import time

import torch

_ELEMENTS = 32_768
"""Per thread: PyTorch does not split elementwise work further, and it stays within a core's cache."""
_PASSES = 3


class Reference:
    """Work that always takes the same, on as many threads as PyTorch uses. No profiler sees it."""

    def __init__(self) -> None:
        self._values = torch.linspace(0.0, 1.0, _ELEMENTS * torch.get_num_threads())
        self._result = torch.empty_like(self._values)
        self()

    def __call__(self) -> int:
        """Does it three times; the shortest time, in ns."""
        torch.autograd._enable_record_function(False)  # type: ignore[attr-defined]
        try:
            return min(self._pass() for _ in range(_PASSES))
        finally:
            torch.autograd._enable_record_function(True)  # type: ignore[attr-defined]

    def _pass(self) -> int:
        start = time.perf_counter_ns()
        torch.exp(self._values, out=self._result)
        torch.sin(self._values, out=self._result)
        return time.perf_counter_ns() - start
