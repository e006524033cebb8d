"""The device activities that HTA counts, beside those that are in the trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from hta.trace_analysis import TraceAnalysis

    from samprof.trace import Trace

_NO_CORRELATION = -1
_DEVICE_CATEGORIES = {"kernel", "gpu_memcpy", "gpu_memset", "memcpy", "memset"}
_COUNTED_AGAIN = "again, because several launch records share the correlation id"


@dataclass(frozen=True, slots=True)
class Activities:
    """The device activities of one trace, and which of them HTA counts.

    Attributes:
        all: one row per device activity of the trace: name, type (HTA's type for a kernel of this name),
            stream, correlation, ts_ns, dur_ns, launch (name; empty where the trace has none),
            launch_ts_ns, launch_dur_ns, left_out (why HTA does not count it; empty where it does).
        extra: one row per event that HTA counts besides: name, type, dur_ns, why.
        resolution_ns: how far apart HTA's times are, which are doubles in microseconds; 0 where all
            times are whole microseconds.
    """

    all: pd.DataFrame
    extra: pd.DataFrame
    resolution_ns: float

    @property
    def counted(self) -> pd.DataFrame:
        """The activities that HTA counts."""
        return self.all[self.all["left_out"] == ""]


def activities(
    analysis: TraceAnalysis, rank: int, trace: Trace, type_of: Callable[[str], str]
) -> Activities:
    """What HTA counts of a trace, activity by activity.

    Args:
        analysis: HTA's, with this trace in it.
        rank: which of its traces.
        trace: the same one, as samprof reads it.
        type_of: HTA's type for a kernel of a name.
    """
    import pandas as pd

    ours, theirs = _in_trace(trace, type_of), _in_hta(analysis, rank, type_of)
    keys = ["correlation", "stream", "dur_ns"]
    again = theirs.duplicated("index")
    once = theirs[~again].copy()
    for table in (ours, once):
        table["copy"] = table.groupby(keys).cumcount()
    pairs = ours[[*keys, "copy"]].merge(
        once[[*keys, "copy"]], on=[*keys, "copy"], how="left", indicator=True
    )
    found = pairs["_merge"].to_numpy() == "both"
    ours["left_out"] = np.where(found, "", _reasons_to_leave_out(ours, trace))
    known = once.merge(ours[[*keys, "copy"]], on=[*keys, "copy"], how="left", indicator=True)
    unknown = once[known["_merge"].to_numpy() != "both"]
    extra = [
        (row.name, row.type, row.dur_ns, _reason_to_count(row.category))
        for row in unknown.itertuples(index=False)
    ]
    extra += [
        (row.name, row.type, row.dur_ns, _COUNTED_AGAIN)
        for row in theirs[again].itertuples(index=False)
    ]
    return Activities(
        all=ours.drop(columns="copy"),
        extra=pd.DataFrame(extra, columns=["name", "type", "dur_ns", "why"]),
        resolution_ns=_resolution(ours),
    )


def _in_trace(trace: Trace, type_of: Callable[[str], str]) -> pd.DataFrame:
    """One row per device activity with its launch; the columns of `Activities.all` but the last."""
    import pandas as pd

    from samprof.trace.model.events import ABSENT

    events, launches = trace.events, trace.launches()
    row, launch = launches.activity, launches.launch
    launched = launch >= 0
    names = np.array([*trace.names, ""], dtype=object)
    link = events.link[row]
    name = names[events.name[row]]
    types = {one: type_of(one) for one in set(name)}
    return pd.DataFrame(
        {
            "name": name,
            "type": [types[one] for one in name],
            "stream": events.stream[row].astype(np.int64),
            "correlation": np.where(link == ABSENT, _NO_CORRELATION, link),
            "ts_ns": events.ts[row],
            "dur_ns": events.dur[row],
            "launch": names[np.where(launched, events.name[launch], -1)],
            "launch_ts_ns": np.where(launched, events.ts[launch], 0),
            "launch_dur_ns": np.where(launched, events.dur[launch], 0),
        }
    )


def _in_hta(analysis: TraceAnalysis, rank: int, type_of: Callable[[str], str]) -> pd.DataFrame:
    """One row per event that HTA takes for device activity: index, correlation, stream, dur_ns ..."""
    import pandas as pd

    symbols = analysis.t.symbol_table.get_sym_table()
    events = analysis.t.get_trace(rank)
    events = events[events["stream"] != -1].reset_index(drop=True)
    return pd.DataFrame(
        {
            "index": events["index"],
            "name": [symbols[name] for name in events["name"]],
            "type": [type_of(symbols[name]) for name in events["name"]],
            "category": [str(symbols[category]) for category in events["cat"]],
            "stream": events["stream"].astype(np.int64),
            "correlation": events["correlation"].astype(np.int64),
            "dur_ns": (events["dur"] * 1000).round().astype(np.int64),
        }
    )


def _reasons_to_leave_out(ours: pd.DataFrame, trace: Trace) -> list[str]:
    """Why HTA would leave out each activity, if it does."""
    end = max((end for _, _, end in trace.steps()), default=None)
    reasons = []
    for launch, moment in zip(ours["launch"], ours["launch_ts_ns"], strict=True):
        if not launch:
            reasons.append("their launch is not in the trace")
        elif end is not None and moment > end:
            reasons.append("launched after the last marked step")
        else:
            reasons.append("for a reason of its own")
    return reasons


def _reason_to_count(category: str) -> str:
    if category.lower() in _DEVICE_CATEGORIES:
        return "read with other times or ids"
    return f"not device activity ({category})"


def _resolution(ours: pd.DataFrame) -> float:
    moments = ours["ts_ns"].to_numpy()
    if not (moments % 1000).any():
        return 0.0
    return float(np.spacing(np.abs(moments).max() / 1e3)) * 1e3
