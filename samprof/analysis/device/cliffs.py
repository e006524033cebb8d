"""Cliffs: sizes from which on a kernel refuses its input or another one takes over, by shapes alone.

attention   kernels of attention put batch and heads into the grid of a launch, whose second and third
side hold 65,535 blocks (pytorch/pytorch #142228, #146704)
elements    32-bit indices reach 2^31 - 1 elements; beyond, PyTorch splits the work or takes kernels
with 64-bit indices, and some kernels raise an error
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samprof.analysis.scaling.axis import Axis

LIMITS = {"attention": 2**16 - 1, "elements": 2**31 - 1}
"""What is counted -> the most of it that every kernel takes."""
_FARTHEST = 8
"""A cliff beyond so many times the largest size that was looked at is not told."""


@dataclass(frozen=True, slots=True)
class Cliff:
    """The smallest size that passes a limit.

    Attributes:
        what: attention or elements.
        size: on the axis.
        op: the op that has most.
        value: batches or elements at that size.
    """

    what: str
    size: int
    op: str
    value: int

    def text(self, axis: Axis) -> str:
        """What is to be expected, in words.

        Example:
            >>> from samprof.analysis.scaling.axis import BATCH_SIZE
            >>> Cliff("attention", 64, "aten::sdpa", 65_536).text(BATCH_SIZE)[:58]
            'batch 64 puts 65,536 batches into aten::sdpa, past 65,535:'
        """
        at = axis.text(self.size)
        if self.what == "attention":
            return (
                f"{at} puts {self.value:,} batches into {self.op}, past {LIMITS[self.what]:,}: expect "
                "an error or another kernel from there on"
            )
        return (
            f"{at} gives {self.op} a tensor of {self.value:,} elements, past 2^31 - 1: expect slower "
            "kernels with 64-bit indices, or an error of one that has none"
        )


def cliffs_of(largest: Mapping[int, Mapping[str, Sequence[object]]]) -> list[Cliff]:
    """The first size past each limit, of those looked at and not far beyond.

    Args:
        largest: size -> what is counted -> the most of it and the op that has it. Between sizes and
            beyond, it is taken to grow evenly; from one size alone, in proportion.

    Example:
        >>> cliffs_of({1: {"attention": (1024, "sdpa")}, 16: {"attention": (16384, "sdpa")}})
        [Cliff(what='attention', size=64, op='sdpa', value=65536)]
    """
    found: list[Cliff] = []
    if not largest:
        return found
    ends = (min(largest), max(largest))
    for what, limit in LIMITS.items():
        (first, _), (last, op) = (_pair(largest[size].get(what)) for size in ends)
        fixed, each = _line(ends, (first, last))
        if each <= 0:
            continue
        size = int((limit - fixed) // each) + 1
        if 1 <= size <= _FARTHEST * ends[1]:
            found.append(Cliff(what, size, op, round(fixed + each * size)))
    return found


def _pair(held: Sequence[object] | None) -> tuple[int, str]:
    """A number and an op; nothing for what a run directory holds instead."""
    if held is None or len(held) != 2 or not isinstance(held[0], int):
        return 0, ""
    return held[0], str(held[1])


def _line(sizes: tuple[int, int], values: tuple[int, int]) -> tuple[float, float]:
    if sizes[0] == sizes[1]:
        return 0.0, values[0] / sizes[0]
    each = (values[1] - values[0]) / (sizes[1] - sizes[0])
    return values[0] - each * sizes[0], each
