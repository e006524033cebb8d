"""What the sums of a layer table are of: so many calls of the layer around most of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from samprof.analysis.compare.trace_rows import steps_of

if TYPE_CHECKING:
    import pandas as pd


class CallsOf(NamedTuple):
    """A layer and how often it ran."""

    path: str
    number: int


def calls_in(layers: pd.DataFrame, time_source: str) -> CallsOf:
    """The outermost layer that holds most of the time, and how often it ran; once, where there is none.

    Args:
        layers: as `Trace.layers` gives it.
        time_source: whose times: device or cpu.
    """
    rows = layers[["path", "calls"]].assign(
        total_ns=layers[f"{time_source}_total_ns"], self_ns=layers[f"{time_source}_self_ns"]
    )
    found = steps_of(rows, rows)
    return CallsOf(*found[:2]) if found else CallsOf("", 1)


def per_call(layers: pd.DataFrame, count: int) -> pd.DataFrame:
    """The table with the mean of so many calls in place of sums; peaks of memory stay.

    Example:
        >>> import pandas as pd
        >>> per_call(pd.DataFrame({"calls": [4], "cpu_self_ns": [10]}), 2).iloc[0].tolist()
        [2.0, 5.0]
    """
    means = layers.copy()
    for name in map(str, layers.columns):
        if name in ("calls", "kernels") or name.endswith("_ns"):
            means[name] = layers[name] / count
    return means
