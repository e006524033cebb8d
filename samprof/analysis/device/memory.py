"""Peak memory against the size of a batch: a robust line, and where it meets a limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from samprof.analysis.scaling.axis import Axis
from samprof.units import memory_text


@dataclass(frozen=True, slots=True)
class MemoryLine:
    """`memory(b) = fixed + per_unit * b`.

    Attributes:
        fixed: bytes whatever the size: weights and the like; never negative.
        per_unit: bytes that each image (unit of the axis) adds; never negative.
    """

    fixed: float
    per_unit: float

    @classmethod
    def through(cls, peaks: Mapping[float, int]) -> MemoryLine:
        """The line through peaks by size, by the median slope.

        One size alone, or sizes that all take the same, do not tell the slope: everything is then taken
        to grow with the size, which promises too little rather than too much.

        Example:
            >>> MemoryLine.through({1: 150, 2: 200, 4: 300})
            MemoryLine(fixed=100.0, per_unit=50.0)
            >>> MemoryLine.through({2: 200})
            MemoryLine(fixed=0.0, per_unit=100.0)
        """
        if len(peaks) > 1:
            fixed, per_unit = _fitted(peaks)
            if per_unit > 0:
                return cls(fixed, per_unit)
        return cls(0.0, peaks[max(peaks)] / max(peaks))

    def at(self, size: float) -> float:
        """Bytes at a size.

        Example:
            >>> MemoryLine(100.0, 50.0).at(3)
            250.0
        """
        return self.fixed + self.per_unit * size

    def largest(self, limit_bytes: float) -> int:
        """The largest whole size within a limit; 0 where none is.

        Example:
            >>> MemoryLine(100.0, 50.0).largest(275), MemoryLine(100.0, 50.0).largest(60)
            (3, 0)
        """
        # One part in 10^9 for the rounding of the fit: 5 images that fill the limit are 5, not 4.
        found = (limit_bytes * (1 + 1e-9) - self.fixed) / self.per_unit if self.per_unit else 0
        return max(int(found), 0)


def memory_sentence(peaks: Mapping[float, int], axis: Axis) -> str:
    """How memory grows with the size, by the fit; empty for one size alone.

    Example:
        >>> from samprof.analysis.scaling.axis import BATCH_SIZE
        >>> memory_sentence({1: 175 * 2**20, 2: 230 * 2**20, 4: 340 * 2**20}, BATCH_SIZE)
        'Memory grows by 55.0 MiB per image, from a fixed 120 MiB.'
    """
    if len(peaks) < 2:
        return ""
    fixed, per_unit = _fitted(peaks)
    if not per_unit:
        return f"Memory is {memory_text(fixed)} whatever the {axis.label}."
    once = f", from a fixed {memory_text(fixed)}" if fixed else ""
    return f"Memory grows by {memory_text(per_unit)} per {axis.unit}{once}."


def _fitted(peaks: Mapping[float, int]) -> tuple[float, float]:
    """Fixed and per-unit bytes: the median slope over all pairs of sizes (Theil 1950, Sen 1968).

    Peaks do not vary between processes, but they jump where an allocator takes a larger block: the
    median slope passes over a single jump.
    """
    sizes, taken = np.array(sorted(peaks)), np.array([peaks[b] for b in sorted(peaks)], np.float64)
    first, second = np.triu_indices(len(sizes), k=1)
    slope = float(np.median((taken[second] - taken[first]) / (sizes[second] - sizes[first])))
    if slope < 0:
        return float(np.median(taken)), 0.0
    fixed = float(np.median(taken - slope * sizes))
    # Memory cannot start below zero: the nearest line that makes sense is taken instead.
    return (0.0, float(np.median(taken / sizes))) if fixed < 0 else (fixed, slope)
