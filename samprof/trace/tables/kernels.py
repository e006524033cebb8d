"""The table of device activities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import ABSENT, Ints, Kind, Mask
from samprof.trace.model.names import NO_LAUNCH_NAME, OUTSIDE_NAME
from samprof.trace.model.ranges import By
from samprof.trace.tables.graph_notes import activity_notes, owner_nodes

if TYPE_CHECKING:
    import pandas as pd
    from pandas.arrays import IntegerArray

_KIND_NAMES = np.full(max(Kind) + 1, "", dtype=object)
_KIND_NAMES[[Kind.KERNEL, Kind.MEMCPY, Kind.MEMSET]] = ["kernel", "memcpy", "memset"]


def kernels_table(trace: TraceData, by: By) -> pd.DataFrame:
    """One row per device activity; see `Trace.kernels`."""
    import pandas as pd

    events, launches = trace.events, trace.launches()
    ranges, owners = trace.ranges(by), trace.owners(by)
    activity = launches.activity
    launched = launches.launch >= 0
    launch_ts = np.where(launched, events.ts[launches.launch], 0)
    op_row = launches.ops.rows[launches.op] if len(launches.ops.rows) else launches.op
    link = events.link[activity]
    names = np.array([*trace.names, ""], dtype=object)
    # The codes without a range, -1 and -2, index from the end.
    owner_names = np.array([*ranges.paths, NO_LAUNCH_NAME, OUTSIDE_NAME], dtype=object)
    step, in_step = steps_at(trace, launch_ts)
    table = pd.DataFrame(
        {
            "name": names[events.name[activity]],
            "kind": _KIND_NAMES[events.kind[activity]],
            "ts_ns": events.ts[activity],
            "dur_ns": events.dur[activity],
            "device": events.device[activity].astype(np.int64),
            "stream": events.stream[activity].astype(np.int64),
            "correlation": _nullable(link, link != ABSENT),
            "op": names[np.where(launches.op >= 0, events.name[op_row], -1)],
            "owner": owner_names[owner_nodes(trace, by)],
            "phase": np.where(owners.backward, "backward", "forward").astype(object),
            "step": _nullable(step, in_step & launched),
            "launch_ts_ns": _nullable(launch_ts, launched),
            "note": activity_notes(trace, by),
        }
    )
    order = np.lexsort((link, events.stream[activity], events.device[activity], table["ts_ns"]))
    return table.iloc[order].reset_index(drop=True)


def steps_at(trace: TraceData, time: Ints) -> tuple[Ints, Mask]:
    """The number of the marked step at each host time, and whether there is a step."""
    steps = trace.steps()
    if not steps:
        return np.zeros(len(time), np.int64), np.zeros(len(time), bool)
    number, start, end = (np.array(column, np.int64) for column in zip(*steps, strict=True))
    place = np.maximum(np.searchsorted(start, time, side="right") - 1, 0)
    return number[place], (start[place] <= time) & (time < end[place])


def _nullable(values: Ints, valid: Mask) -> IntegerArray:
    from pandas.arrays import IntegerArray

    return IntegerArray(np.where(valid, values, 0), ~valid)
