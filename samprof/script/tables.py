"""The tables of what a program called: every call counted, and the recorded ones looked into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from samprof.script.roots import Root
from samprof.trace import load_trace
from samprof.trace.tables.component_rows import NUMBERS
from samprof.trace.tables.components import in_pipeline_order

if TYPE_CHECKING:
    import pandas as pd

CALLS_COLUMNS = ["root", "type", "size", "calls", "recorded", "wall_ns", "per_call_ns", "share"]


def calls_table(roots: Sequence[Root], whole_ns: int) -> pd.DataFrame:
    """One row per root and size, those of the most time first.

    Args:
        roots: what was called.
        whole_ns: what shares are of.

    Returns:
        Columns root, type (the class of the module), size (of the input; missing where it has none),
        calls, recorded (calls whose traces are there), wall_ns (host time of all its calls),
        per_call_ns, share.
    """
    import pandas as pd

    rows = [
        {
            "root": f"{root.name} (other sizes)" if calls is root.others else root.name,
            "type": root.kind,
            "size": calls.size,
            "calls": calls.seen,
            "recorded": len(calls.traces),
            "wall_ns": calls.wall_ns,
            "per_call_ns": calls.wall_ns / calls.seen,
            "share": calls.wall_ns / max(whole_ns, 1),
        }
        for root in sorted(roots, key=lambda root: -root.wall_ns)
        for calls in root.all_calls()
    ]
    table = pd.DataFrame(rows, columns=CALLS_COLUMNS)
    return table.astype({"size": "Int64"})


def components_of_all(roots: Iterable[Root]) -> pd.DataFrame | None:
    """The component table of all calls; None where fewer than two of SAM's components were recorded.

    Of each root and size it takes the recorded call of the median time, as often as the program made
    such calls: the shares are those of the program, although only some of its calls were recorded.

    Returns:
        Columns component, calls, host_ns, wait_ns, device_ns, kernels, share (of the host time).
    """
    import pandas as pd

    tables, order = [], []
    for root in roots:
        for calls, median in root.recorded() if root.labels and root.labels.components else []:
            trace = load_trace(median.trace)
            table = trace.components("samprof").set_index("component")[list(NUMBERS)]
            tables.append(table * calls.seen)
            order += in_pipeline_order(trace, table.index)
    if not tables:
        return None
    whole = pd.concat(tables).groupby(level="component").sum()
    if (whole["calls"] > 0).sum() < 2:
        return None
    whole = whole.loc[[name for name in dict.fromkeys(order) if name in whole.index]]
    whole["share"] = whole["host_ns"] / max(int(whole["host_ns"].sum()), 1)
    return whole.reset_index()
