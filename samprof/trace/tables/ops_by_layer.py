"""What runs inside each layer: ops by their own time, or kernels where a device was active."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Ints
from samprof.trace.model.owners import owners_of_ops
from samprof.trace.model.ranges import By

if TYPE_CHECKING:
    import pandas as pd


def ops_by_layer(trace: TraceData, by: By) -> pd.DataFrame:
    """One row per owner and op directly inside it, in the order of the owners; the longest op first.

    Args:
        trace: a trace.
        by: which ranges own.

    Returns:
        Columns path, op, calls, time_ns. Where a device was active, `op` is the name of a kernel and
        `time_ns` the summed duration of its activities; else `op` is an op and `time_ns` the CPU time
        that it spends in itself, without the ops that it calls. What no range owns is left out.

    Example:
        >>> from samprof.trace import load_trace
        >>> ops_by_layer(load_trace("trace.json"), "auto").columns.tolist()  # doctest: +SKIP
        ['path', 'op', 'calls', 'time_ns']
    """
    import pandas as pd

    ranges = trace.ranges(by)
    interval, row, time = _activities(trace, by) if trace.has_device_time else _ops(trace, by)
    held = interval >= 0
    names = np.array([*trace.names], dtype=object)
    table = pd.DataFrame(
        {
            "node": ranges.node[interval[held]],
            "op": names[trace.events.name[row[held]]],
            "time_ns": time[held],
        }
    )
    grouped = table.groupby(["node", "op"], sort=False)["time_ns"].agg(["size", "sum"])
    summed = grouped.reset_index().sort_values(
        ["node", "sum", "op"], ascending=[True, False, True], kind="stable"
    )
    paths = np.array(ranges.paths, dtype=object)
    return pd.DataFrame(
        {
            "path": paths[summed["node"].to_numpy()],
            "op": summed["op"].to_numpy(),
            "calls": summed["size"].to_numpy(),
            "time_ns": summed["sum"].to_numpy(),
        }
    )


def _activities(trace: TraceData, by: By) -> tuple[Ints, Ints, Ints]:
    """Owner, event row and duration of each device activity."""
    activity = trace.launches().activity
    return trace.owners(by).interval, activity, trace.events.dur[activity]


def _ops(trace: TraceData, by: By) -> tuple[Ints, Ints, Ints]:
    """Owner, event row and own time of each op."""
    ops = trace.launches().ops
    place = np.arange(len(ops.rows))
    interval = owners_of_ops(trace.events, trace.threads, ops, place, trace.ranges(by))
    return interval, ops.rows.astype(np.int64), ops.innermost_time()
