"""How often each kernel ran in each layer, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samprof.trace.model.ranges import By
from samprof.trace.tables.kernels import kernels_table

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace.model.data import TraceData


def kernels_by_layer(trace: TraceData, by: By) -> pd.DataFrame:
    """One row per owner and kernel name, in the order in which they first ran.

    Args:
        trace: a trace.
        by: which ranges own.

    Returns:
        Columns path (the owner, `(outside)` and `(no launch)` too), kernel, count (of activities),
        time_ns. Empty where no device was active.

    Example:
        >>> from samprof.trace import load_trace
        >>> kernels_by_layer(load_trace("trace.json"), "auto").columns.tolist()  # doctest: +SKIP
        ['path', 'kernel', 'count', 'time_ns']
    """
    kernels = kernels_table(trace, by)
    grouped = kernels.groupby(["owner", "name"], sort=False)["dur_ns"].agg(["size", "sum"])
    summed = grouped.reset_index()
    return summed.set_axis(["path", "kernel", "count", "time_ns"], axis=1)
