"""Reference work: a fixed computation on the model's threads, which tells how fast the CPUs are now.

Other machines on the same host, or a lowered clock, slow a CPU to little more than half its speed, for
a second or a minute, and no counter of this machine shows it. On two virtual CPUs of a busy host the
logarithms of what a matrix product takes, and exponentials and sines, followed that of an encoder's
forward between two runs of them with correlations of 0.84 to 0.91. Of 1,000 forwards those between two
fast runs varied by 7 %, all of them by 20 %. Copies of memory (1 to 16 MiB a thread) followed it by
0.1 to 0.6.
"""

from __future__ import annotations

import time

import torch

_ELEMENTS = 32_768
"""Per thread: PyTorch does not split elementwise work further, and it stays within a core's cache."""
_TIMES = 8
_SIDE = 512
_PASSES = 3


class Reference:
    """Work that always takes the same, on as many threads as PyTorch uses. No profiler sees it."""

    def __init__(self) -> None:
        self._values = torch.linspace(0.0, 1.0, _ELEMENTS * torch.get_num_threads())
        self._result = torch.empty_like(self._values)
        self._matrix = torch.linspace(0.0, 1.0, _SIDE**2).view(_SIDE, _SIDE)
        self._product = torch.empty_like(self._matrix)
        self()

    def __call__(self) -> int:
        """Does it three times, in some 7 ms; the shortest time, in ns."""
        torch.autograd._enable_record_function(False)  # type: ignore[attr-defined]
        try:
            return min(self._pass() for _ in range(_PASSES))
        finally:
            torch.autograd._enable_record_function(True)  # type: ignore[attr-defined]

    def _pass(self) -> int:
        start = time.perf_counter_ns()
        for _ in range(_TIMES):
            torch.exp(self._values, out=self._result)
            torch.sin(self._values, out=self._result)
        torch.mm(self._matrix, self._matrix, out=self._product)
        return time.perf_counter_ns() - start
