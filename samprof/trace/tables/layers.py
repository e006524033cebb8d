"""The layer table: device and host time of every owner, exact to the nanosecond.

Columns of `layers_table`:
    path                the qualified name; for annotations, modules of Python stacks and ops the
                        names from the outermost in, joined by " > "
    depth               number of ranges around it when it was first entered
    calls               how often it was entered, or replayed by a graph
    kernels             device activities inside it
    device_total_ns     their summed durations
    device_self_ns      the part of that which no range inside it owns
    device_busy_ns      the union of their intervals, summed over devices
    cpu_total_ns        host time that its ranges cover on their threads, and that of the backward of
                        the ops in them
    cpu_self_ns         the part of that which no range inside it owns
    time_source         where times come from: device, or cpu if no device was active
    type, role          class of the module and its part in the model, where samprof recorded them
    flops, bytes        computed, and at least moved, by the ops inside it, where the trace has their
                        shapes; matrix_flops: the FLOPs that PyTorch's flop counter counts
    device_gap_ns       time before its kernels in which no activity ran on their device; launch_gap_ns:
                        the part of that spent waiting for the host to launch
    ops_without_formula ops inside it whose FLOPs are unknown
    memory_peak_bytes   most memory allocated while inside it, where the trace has allocator events
    phase               forward, backward, or both: how its device activities were reached; its host
                        time, if no device was active
    note                what the numbers cannot show (graph launches, split by their capture or why
                        not; compiled regions)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samprof.trace.model.allocations import peak_inside
from samprof.trace.model.data import TraceData
from samprof.trace.model.ranges import By
from samprof.trace.model.sums import grouped_sum
from samprof.trace.tables.device_columns import device_columns
from samprof.trace.tables.gaps import gap_columns
from samprof.trace.tables.layer_info import note_column, phase_column, role_columns
from samprof.trace.tables.op_costs import cost_columns
from samprof.trace.tables.ownerless_rows import ownerless_rows

if TYPE_CHECKING:
    import pandas as pd

_ZERO_WITHOUT_OWNER = {
    "memory_peak_bytes",
    "flops",
    "matrix_flops",
    "bytes",
    "ops_without_formula",
    "device_gap_ns",
    "launch_gap_ns",
}


def layers_table(trace: TraceData, by: By) -> pd.DataFrame:
    """One row per owner, ordered as first entered; the module's docstring lists the columns."""
    import pandas as pd

    ranges = trace.ranges(by)
    nodes = len(ranges.paths)
    nesting, node = ranges.nesting, ranges.node
    outer = ranges.outermost()
    cpu_self = nesting.innermost_time() + trace.backward_time(by).by_interval(len(nesting.rows))
    columns = {
        "path": np.array(ranges.paths, dtype=object),
        "depth": ranges.depth,
        "calls": ranges.calls(),
        **device_columns(trace, ranges, outer, by),
        "cpu_total_ns": grouped_sum(nodes, node[outer], nesting.add_up(cpu_self)[outer]),
        "cpu_self_ns": grouped_sum(nodes, node, cpu_self),
        "time_source": np.full(nodes, trace.time_source, dtype=object),
        **role_columns(trace, ranges),
        **cost_columns(trace, ranges, outer, by),
        **gap_columns(trace, ranges, outer, by),
    }
    if len(trace.allocations):
        columns["memory_peak_bytes"] = peak_inside(trace.allocations, ranges)
    columns["phase"] = phase_column(trace, ranges, by)
    columns["note"] = note_column(trace, ranges, by)
    table = pd.DataFrame(columns)
    ownerless = ownerless_rows(trace, ranges, by)
    extra = pd.DataFrame(ownerless).reindex(columns=table.columns)
    for name in {"type", "role"} & set(extra.columns):
        extra[name] = ""
    for name in _ZERO_WITHOUT_OWNER & set(extra.columns):
        extra[name] = 0
    return pd.concat([table, extra.astype(table.dtypes)], ignore_index=True)
