"""Cliffs: sizes from which on a kernel refuses its input or another one takes over, by shapes alone.

attention   kernels of attention put the batch and the heads into the grid of a launch, whose second and
            third side hold 65,535 blocks (pytorch/pytorch #142228, #146704): SAM 2's windows pass that
            at batch 64
elements    32-bit indices reach 2^31 - 1 elements; beyond, PyTorch splits the work or takes kernels with
            64-bit indices, and some kernels raise an error
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from samprof.analysis.scaling.axis import Axis
from samprof.prediction.work import ATTENTION, kind_of
from samprof.trace.flops.op_inputs import Inputs
from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Kind

MOST_BLOCKS = 2**16 - 1
MOST_ELEMENTS = 2**31 - 1
_FARTHEST = 8
"""A cliff beyond so many times the largest size that was looked at is not told."""


@dataclass(frozen=True, slots=True)
class Cliff:
    """The smallest size that passes a limit.

    Attributes:
        kind: "attention" or "elements".
        size: on the axis.
        op: the op that passes it first.
        value: blocks or elements at that size.
    """

    kind: str
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
        if self.kind == "attention":
            return (
                f"{axis.text(self.size)} puts {self.value:,} batches into {self.op}, past "
                f"{MOST_BLOCKS:,}: expect an error or another kernel from there on"
            )
        return (
            f"{axis.text(self.size)} gives {self.op} a tensor of {self.value:,} elements, past "
            "2^31 - 1: expect slower kernels with 64-bit indices, or an error of one that has none"
        )


def cliffs_of(forwards: Sequence[tuple[int, TraceData]]) -> list[Cliff]:
    """The first size past each limit, of those looked at and not far beyond.

    Args:
        forwards: sizes and traces with shapes. Between sizes and beyond, dimensions are taken to grow
            evenly; from one size alone, in proportion.
    """
    found: list[Cliff] = []
    largest = {size: _largest(trace) for size, trace in sorted(forwards, key=lambda one: one[0])}
    if not largest:
        return found
    ends = (min(largest), max(largest))
    for kind, limit in (("attention", MOST_BLOCKS), ("elements", MOST_ELEMENTS)):
        values = [largest[size].get(kind, (0, "")) for size in ends]
        first, last = (value for value, _ in values)
        fixed, each = _line(ends, (first, last))
        if each <= 0:
            continue
        size = int((limit - fixed) // each) + 1
        if 1 <= size <= _FARTHEST * ends[1]:
            found.append(Cliff(kind, size, values[1][1], round(fixed + each * size)))
    return found


def _line(sizes: tuple[int, int], values: tuple[int, int]) -> tuple[float, float]:
    if sizes[0] == sizes[1]:
        return 0.0, values[0] / sizes[0]
    each = (values[1] - values[0]) / (sizes[1] - sizes[0])
    return values[0] - each * sizes[0], each


def _largest(trace: TraceData) -> dict[str, tuple[int, str]]:
    """The most blocks of attention and elements of a tensor in a trace, each with its op."""
    found: dict[str, tuple[int, str]] = {}
    for op, shapes in _shapes(trace):
        sizes = [prod(shape) for shape in shapes]
        if sizes and max(sizes) > found.get("elements", (0, ""))[0]:
            found["elements"] = (max(sizes), op)
        if kind_of(op) == ATTENTION and shapes and len(shapes[0]) == 4:
            blocks = max(shapes[0][:2])
            if blocks > found.get("attention", (0, ""))[0]:
                found["attention"] = (blocks, op)
    return found


def _shapes(trace: TraceData) -> Iterator[tuple[str, list[tuple[int, ...]]]]:
    """Each op with the shapes of its tensors, once for all calls that are alike."""
    events = trace.events
    rows = events.of(Kind.OP)
    rows = rows[events.inputs[rows] >= 0]
    pairs = np.unique(np.stack([events.name[rows], events.inputs[rows]]), axis=1)
    for name, inputs in pairs.T.tolist():
        try:
            tensors = Inputs.of(trace.inputs[inputs]).tensors
        except (ValueError, TypeError):
            continue
        yield trace.names[name], [shape for shape, _ in tensors]
