"""The largest inputs of a trace's ops: what kernels have to index, and to put into a launch's grid."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from samprof.trace.flops.op_inputs import Inputs, Shape
from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Kind

ATTENTION, ELEMENTS = "attention", "elements"
Largest = dict[str, tuple[int, str]]


def largest_inputs(trace: TraceData) -> Largest:
    """By what is counted the most that any op has, and that op; empty where no shapes were recorded.

    Returns:
        attention -> batches or heads that an op of attention `[B, H, T, D]` puts into a launch's grid;
        elements -> elements of the largest tensor.
    """
    found: Largest = {}
    for op, shapes in _shapes(trace):
        sizes = {ELEMENTS: max((prod(shape) for shape in shapes), default=0)}
        if "attention" in op and shapes and len(shapes[0]) == 4:
            sizes[ATTENTION] = max(shapes[0][:2])
        for what, size in sizes.items():
            if size > found.get(what, (0, ""))[0]:
                found[what] = (size, op)
    return found


def _shapes(trace: TraceData) -> Iterator[tuple[str, list[Shape]]]:
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
