"""Peak memory against the size of a batch: a robust line, and where it meets a limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from samprof.analysis.axis import Axis
from samprof.analysis.fit import fit_rows
from samprof.units import memory_text


@dataclass(frozen=True, slots=True)
class MemoryLine:
    """`memory(b) = fixed + per_image * b`.

    Attributes:
        fixed: bytes whatever the size: weights and the like; never negative.
        per_image: bytes that each image (unit of the axis) adds; never negative.
    """

    fixed: float
    per_image: float

    @classmethod
    def through(cls, peaks: Mapping[float, int]) -> MemoryLine:
        """The line through peaks by size, by the median slope (Theil-Sen) as for times.

        One size alone, or sizes that all take the same, say nothing of the slope: everything is then
        taken to grow with the size, which promises too little rather than too much.

        Example:
            >>> MemoryLine.through({1: 150, 2: 200, 4: 300})
            MemoryLine(fixed=100.0, per_image=50.0)
            >>> MemoryLine.through({2: 200})
            MemoryLine(fixed=0.0, per_image=100.0)
        """
        if len(peaks) > 1:
            fixed, per_image = _fitted(peaks)
            if per_image > 0:
                return cls(fixed, per_image)
        return cls(0.0, peaks[max(peaks)] / max(peaks))

    def at(self, size: float) -> float:
        """Bytes at a size.

        Example:
            >>> MemoryLine(100.0, 50.0).at(3)
            250.0
        """
        return self.fixed + self.per_image * size

    def largest(self, limit_bytes: float) -> int:
        """The largest whole size within a limit; 0 where none is.

        Example:
            >>> MemoryLine(100.0, 50.0).largest(275), MemoryLine(100.0, 50.0).largest(60)
            (3, 0)
        """
        # One part in 10^9 for the rounding of the fit: 5 images that fill the limit are 5, not 4.
        found = (limit_bytes * (1 + 1e-9) - self.fixed) / self.per_image if self.per_image else 0
        return max(int(found), 0)


def memory_sentence(peaks: Mapping[float, int], axis: Axis) -> str:
    """What memory costs once and for each unit of the axis, by the fit; empty for one size alone.

    Example:
        >>> from samprof.analysis.axis import AXES
        >>> memory_sentence({1: 175 * 2**20, 2: 230 * 2**20, 4: 340 * 2**20}, AXES["batch-size"])
        'By the fit, memory is 120 MiB once and 55.0 MiB an image.'
    """
    if len(peaks) < 2:
        return ""
    fixed, per_image = _fitted(peaks)
    if not per_image:
        return f"By the fit, memory is {memory_text(fixed)} whatever the {axis.label}."
    once = f"{memory_text(fixed)} once and " if fixed else ""
    return f"By the fit, memory is {once}{memory_text(per_image)} {axis.an_unit}."


def _fitted(peaks: Mapping[float, int]) -> tuple[float, float]:
    sizes = sorted(peaks)
    rows = [np.array([[peaks[size]]], np.float64) for size in sizes]
    fit = fit_rows(np.array(sizes, np.float64), rows)
    return float(fit.fixed[0]), float(fit.per_image[0])
