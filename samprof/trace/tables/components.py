"""The component table: host and device time of each part of a pipeline, side by side, step by step.

The window is a marked step on the thread that marked it. Every nanosecond of it belongs to one row:
    a component             time inside its ranges, without the waits for the device
    other host work         time in no component
    synchronisation waits   time in which the thread waited for the device, in any component
and every device activity launched in it belongs to one row:
    a component             kernels that its ranges own (rules R1 to R5)
    other host work         kernels launched outside every component
    transfers               copies, whoever launched them
    (no launch)             activities without a launch in the file
    device idle             time of the window in which no device was active

So `host_ns` sums to the window. `device_ns` without idle sums to all device activity; with idle it sums
to the window if no two activities ran at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.names import NO_LAUNCH_NAME
from samprof.trace.model.ranges import By
from samprof.trace.model.slicing import slice_time
from samprof.trace.tables.component_labels import IDLE, OTHER, TRANSFERS, WAITS
from samprof.trace.tables.component_rows import NUMBERS, window_rows
from samprof.trace.tables.step_windows import step_windows

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ["step", "component", *NUMBERS]


def component_steps(trace: TraceData, by: By = "auto") -> pd.DataFrame:
    """One row per step and component, in pipeline order; the module's docstring says what sums.

    If samprof recorded no components, the outermost ranges and those directly below are taken.

    Returns:
        Columns step, component, calls (times it was entered), host_ns (without waiting), wait_ns (time
        it waited for the device, counted in the row of the waits), device_ns (summed durations),
        kernels (device activities).
    """
    import pandas as pd

    found = []
    for number, start, end, thread in step_windows(trace, by):
        rows = window_rows(slice_time(trace, start, end), by, start, end, thread)
        found += [{"step": number, "component": name, **row} for name, row in rows.items()]
    table = pd.DataFrame(found, columns=_COLUMNS)
    order = {name: place for place, name in enumerate(in_pipeline_order(trace, table["component"]))}
    table["place"] = table["component"].map(order)
    table = table.sort_values(["step", "place"], ignore_index=True)
    result: pd.DataFrame = table[_COLUMNS]
    return result


def component_table(steps: pd.DataFrame) -> pd.DataFrame:
    """One row per component, from the step whose total time is the median, so that rows sum exactly.

    Args:
        steps: the table of `component_steps`.

    Returns:
        The columns of `component_steps` without step, then share (of the host time), host_iqr_ns and
        device_iqr_ns (interquartile ranges over the steps).
    """
    whole = steps.groupby("step")["host_ns"].sum().sort_values(kind="stable")
    if whole.empty:
        return steps.drop(columns="step").assign(share=0.0, host_iqr_ns=0.0, device_iqr_ns=0.0)
    chosen = whole.index[(len(whole) - 1) // 2]
    table: pd.DataFrame = steps[steps["step"] == chosen].drop(columns="step").reset_index(drop=True)
    table["share"] = table["host_ns"] / max(int(table["host_ns"].sum()), 1)
    for name in ("host", "device"):
        wide = steps.pivot_table(index="component", columns="step", values=f"{name}_ns")
        quartiles = np.nanpercentile(wide.reindex(table["component"]).to_numpy(float), [25, 75], 1)
        table[f"{name}_iqr_ns"] = quartiles[1] - quartiles[0]
    return table


def in_pipeline_order(trace: TraceData, found: Iterable[str]) -> list[str]:
    """The components that the trace knows, then others that were found, then the rows of every pipeline.

    Args:
        trace: says which components there are.
        found: names of rows.
    """
    known = trace.recorded.get("components")
    first = list(known.values()) if isinstance(known, dict) else []
    last = [OTHER, TRANSFERS, WAITS, NO_LAUNCH_NAME, IDLE]
    rest = [name for name in dict.fromkeys(found) if name not in first and name not in last]
    return list(dict.fromkeys([*first, *rest, *last]))
