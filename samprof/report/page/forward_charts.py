"""One forward as Vega-Lite: the module tree, host and device timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samprof.report.icicle import icicle_begins, icicle_rows, own_names
from samprof.report.leaves import role_names
from samprof.report.page.bar_drawing import bar_drawing
from samprof.report.page.chart_parts import Drawing
from samprof.report.timeline_bars import last_part, row_label, rows_in_order, visible_bars
from samprof.trace.tables.timeline import HOST, WAIT
from samprof.units import common_unit, time_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from samprof.report.summary import Summary

_LONGEST_NAME = 120


def module_tree(summary: Summary) -> list[Drawing]:
    """The module tree as an icicle: width is time at the largest size, each level inside the last."""
    size = max(summary.sizes, default=0)
    shown = icicle_rows(summary.times, size)
    if shown.empty:
        return []
    whole = float(shown.loc[shown["depth"] == 0, "time_ns"].sum())
    unit = common_unit([whole])
    places = zip(icicle_begins(shown), own_names(shown), role_names(shown), strict=True)
    rows = [
        {
            "name": name,
            "path": row["path"],
            "kind": kind,
            "row": int(row["depth"]),
            "begin": begin / unit.size,
            "end": (begin + row["time_ns"]) / unit.size,
            "text": time_text(row["time_ns"]),
            "share": f"{row['time_ns'] / whole:.1%}",
        }
        for row, (begin, name, kind) in zip(shown.to_dict("records"), places, strict=True)
    ]
    title = "Where in the module tree the time goes"
    label = f"{summary.time_name}, {unit.name}, at {summary.axis.text(size)}"
    tip = {"path": "layer", "kind": "role", "text": "time", "share": "share of the whole"}
    levels = {level: str(level) for level in range(int(shown["depth"].max()) + 1)}
    return [bar_drawing(rows, (title, label), tip, levels, summary.colors)]


def timeline_chart(
    timeline: pd.DataFrame, most: int, known: Mapping[str, str] | None = None
) -> list[Drawing]:
    """Host and device over time, one forward: ranges by depth above, streams of the device below.

    Args:
        timeline: as `samprof.trace.tables.timeline.timeline_table` gives it.
        most: bars that are drawn, the longest.
        known: colours of known components.
    """
    if timeline.empty:
        return []
    span = float((timeline["start_ns"] + timeline["dur_ns"]).max())
    shown = visible_bars(timeline, span).nlargest(most, "dur_ns").sort_index()
    if shown.empty:
        return []
    unit = common_unit([span])
    place = {key: number for number, key in enumerate(rows_in_order(shown))}
    rows = [
        {
            "name": last_part(bar["name"]) if bar["track"] == HOST else "",
            "path": _shortened(bar["name"]),
            "kind": "waits" if bar["track"] == WAIT else bar["component"],
            "row": place[bar["track"], bar["row"]],
            "begin": bar["start_ns"] / unit.size,
            "end": (bar["start_ns"] + bar["dur_ns"]) / unit.size,
            "text": time_text(bar["dur_ns"]),
        }
        for bar in shown.to_dict("records")
    ]
    titles = ("Host and device, one forward", f"{unit.name} from the start")
    tip = {"path": "name", "kind": "component", "text": "time"}
    left = len(timeline) - len(shown)
    note = f"{left} ranges and kernels are too short or too deep to be shown. " if left else ""
    note += "Drag to move; Shift and wheel to zoom."
    names = {number: row_label(*key) for key, number in place.items()}
    return [bar_drawing(rows, titles, tip, names, known, note)]


def _shortened(name: str) -> str:
    """A kernel's name may be a page long: its beginning and its end say what it is."""
    if len(name) <= _LONGEST_NAME:
        return name
    half = _LONGEST_NAME // 2
    return f"{name[:half]} … {name[-half:]}"
