"""What a forward asks of a device: a row per op that runs there, with FLOPs, bytes, geometry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from samprof.trace.flops.convolution import CONVOLUTION
from samprof.trace.flops.elementwise import COPIES, REDUCTIONS
from samprof.trace.flops.norms import NORMS
from samprof.trace.flops.op_inputs import Inputs, Shape
from samprof.trace.flops.registry import FORMULAS
from samprof.trace.model.data import TraceData
from samprof.trace.model.outwards import nearest
from samprof.trace.tables.op_costs import op_costs

if TYPE_CHECKING:
    import pandas as pd

MATMUL, SKINNY = "matmul", "skinny matmul"
ATTENTION, MASKED, NARROW = "attention", "masked attention", "narrow attention"
CONV, PATCHES = "convolution", "patch convolution"
NORM, BATCH_NORM, SOFTMAX, REDUCTION = "norm", "batch norm", "softmax", "reduction"
COPY, ELEMENTWISE, UNKNOWN = "copy", "elementwise", "unknown"
COMPUTING = (MATMUL, SKINNY, ATTENTION, MASKED, NARROW, CONV, PATCHES)
"""Classes whose FLOPs matrix units compute; all others only move memory."""
CONVOLUTIONS = (CONV, PATCHES)
DTYPES = {
    "float": "float32",
    "c10::BFloat16": "bfloat16",
    "c10::Half": "float16",
}
_PLACES = {"aten::addmm": 1, "aten::_addmm_activation": 1, "aten::baddbmm": 1}
"""Where the two factors of a product begin, if not with the first input."""
_PRODUCTS = ("aten::mm", "aten::bmm", *_PLACES)
_SKINNY = 32
_NARROW_TOKENS, _NARROW_HEADS = 64, 32
"""Products and attention with fewer rows or channels than a tile waste most of it."""
COLUMNS = ("row", "op", "kind", "dtype", "flops", "bytes", "batch", "m", "n", "kernels", "time_ns")


def work_of(trace: TraceData) -> pd.DataFrame:
    """One row per op that runs on a device, in the order of their start.

    Args:
        trace: with the shapes of its ops.

    Returns:
        Columns row (of the op in the trace's events), op, kind (its class), dtype (float32, bfloat16,
        float16; empty for others), flops, bytes, batch, m, n (of a product `[batch, m, k] @ [batch, k,
        n]`, of attention with m queries and n keys; 0 for all other classes), kernels (that it launched)
        and time_ns (that they took; both 0 where the trace holds no device activity). Empty where no
        shapes were recorded.
    """
    import pandas as pd

    costs = op_costs(trace)
    if costs is None:
        return pd.DataFrame(columns=list(COLUMNS))
    events, ops = trace.events, trace.launches().ops
    shown = np.flatnonzero(costs.counts | costs.unknown)
    order = np.argsort(ops.start[shown], kind="stable")
    shown = shown[order]
    rows = ops.rows[shown]
    kernels, time = _measured(trace, costs.counts | costs.unknown)
    described = _described(trace, rows, costs.counts[shown])
    return pd.DataFrame(
        {
            "row": rows.astype(np.int64),
            "op": np.array(trace.names, dtype=object)[events.name[rows]],
            **described,
            "flops": costs.flops[shown],
            "bytes": costs.bytes[shown],
            "kernels": kernels[shown],
            "time_ns": time[shown],
        }
    )[list(COLUMNS)]


def has_products(trace: TraceData) -> bool:
    """Whether the trace holds a matrix product, which a workspace is allocated for."""
    return not set(_PRODUCTS).isdisjoint(trace.names)


def kind_of(op: str) -> str:
    """The class of an op by its name.

    Example:
        >>> [kind_of(f"aten::{name}") for name in ("addmm", "_softmax", "native_layer_norm", "gelu")]
        ['matmul', 'softmax', 'norm', 'elementwise']
    """
    name = op.removeprefix("aten::").removesuffix("_")
    if "attention" in name:
        return ATTENTION
    if op in CONVOLUTION:
        return CONV
    if op in _PRODUCTS:
        return MATMUL
    if "softmax" in name:
        return SOFTMAX
    if op in NORMS:
        return BATCH_NORM if "batch_norm" in name else NORM
    if op in REDUCTIONS:
        return REDUCTION
    return COPY if op in COPIES else ELEMENTWISE


def _described(
    trace: TraceData, rows: np.ndarray, known: np.ndarray
) -> dict[str, Sequence[object]]:
    """Class, dtype and geometry of each op; those of one name and the same inputs are looked at once."""
    found: dict[tuple[int, int, bool], tuple[str, str, int, int, int]] = {}
    names, inputs = trace.events.name[rows].tolist(), trace.events.inputs[rows].tolist()
    keys = list(zip(names, inputs, known.tolist(), strict=True))
    for key in set(keys):
        name, text, is_known = key
        found[key] = _about(trace.names[name], trace.inputs[text] if text >= 0 else "", is_known)
    columns = zip(*(found[key] for key in keys), strict=True) if keys else ((),) * 5
    return dict(zip(("kind", "dtype", "batch", "m", "n"), columns, strict=True))


def _about(op: str, text: str, is_known: bool) -> tuple[str, str, int, int, int]:
    if not is_known:
        return UNKNOWN, "", 0, 0, 0
    inputs, kind = Inputs.of(text), kind_of(op)
    dtype = next((DTYPES[one] for one in inputs.types if one in DTYPES), "")
    geometry = _geometry(op, kind, inputs)
    if kind == MATMUL and min(geometry[1:]) < _SKINNY:
        kind = SKINNY
    if kind == ATTENTION:
        narrow = min(geometry[1:]) < _NARROW_TOKENS or inputs.shapes[0][-1] < _NARROW_HEADS
        is_masked = len(inputs.shapes) > 3 and len(inputs.shapes[3]) > 1
        kind = NARROW if narrow else MASKED if is_masked else ATTENTION
    if kind == CONV and _is_of_patches(inputs):
        kind = PATCHES
    return kind, dtype, *geometry


def _is_of_patches(inputs: Inputs) -> bool:
    """Whether a convolution steps over whole kernels: patch embedding, or transposed, upsampling."""
    sides = inputs.shapes[1][2:]
    try:
        return bool(max(sides) > 1 and inputs.numbers(3)[0] == sides[0])
    except (ValueError, IndexError):
        return False


def _geometry(op: str, kind: str, inputs: Inputs) -> tuple[int, int, int]:
    """Batch, m and n of a product, of attention, of a convolution as a product; zeros for all else."""
    if kind == ATTENTION:
        queries, keys = inputs.shapes[:2]
        return int(np.prod(queries[:-2])), queries[-2], keys[-2]
    if kind == CONV:
        # 2 * places * prod(weight) FLOPs: m are the places that the weight is applied at.
        weight = inputs.shapes[1]
        flops = FORMULAS[op](inputs)[0]
        return 1, flops // (2 * int(np.prod(weight))), weight[0]
    if kind != MATMUL:
        return 0, 0, 0
    place = _PLACES.get(op, 0)
    a: Shape = inputs.shapes[place]
    b: Shape = inputs.shapes[place + 1]
    return int(np.prod(a[:-2], dtype=np.int64)), a[-2], b[-1]


def _measured(trace: TraceData, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kernels and their time inside each shown op, launched by itself or by ops that it calls."""
    launches, count = trace.launches(), len(trace.launches().ops.rows)
    owner = nearest(launches.ops.parent, shown)
    launched = launches.op >= 0
    activity, mine = launches.activity[launched], owner[launches.op[launched]]
    held = mine >= 0
    durations = np.where(_is_transfer(trace)[activity], 0, trace.events.dur[activity])
    kernels, time = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(kernels, mine[held], 1)
    np.add.at(time, mine[held], durations[held])
    return kernels, time


def _is_transfer(trace: TraceData) -> np.ndarray:
    """Which events are copies between host and device, which the device's memory does not limit."""
    words = ("HtoD", "DtoH", "HostToDevice", "DeviceToHost")
    names = np.array([any(word in name for word in words) for name in trace.names], bool)
    found: np.ndarray = names[trace.events.name]
    return found
