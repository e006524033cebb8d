"""One forward as Vega-Lite: time by component, the module tree, host and device lanes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from samprof.analysis.scaling import batch_sizes_of
from samprof.report.chart_parts import (
    Drawing,
    Rows,
    colour_by,
    data_of,
    drawing,
    faded_unless_picked,
    tips,
    vega,
)
from samprof.report.component_figures import (
    SMALLEST_LABEL,
    colours_of,
    icicle_begins,
    icicle_rows,
    ink_on,
    lane_label,
    lanes_in_order,
    last_part,
    own_names,
    visible_bars,
)
from samprof.trace.lanes import HOST, WAIT
from samprof.units import common_unit, time_text

if TYPE_CHECKING:
    import pandas as pd

    from samprof.report.summary import Summary

_LONGEST_NAME = 120
_WAIT_COLOUR = "#d0d0d0"


def component_bars(tables: Mapping[str, pd.DataFrame]) -> list[Drawing]:
    """Time by component: a stacked bar a variant and clock, host beside device.

    Args:
        tables: variant -> component table.
    """
    rows = _component_rows(tables)
    if not rows:
        return []
    alt = vega()
    unit = common_unit([row["end"] for row in rows])
    widest = max(row["end"] for row in rows)
    colours = colours_of(list(dict.fromkeys(str(row["component"]) for row in rows)))
    bars = list(dict.fromkeys(row["bar"] for row in rows))
    scaled = [
        {
            **row,
            **{key: row[key] / unit.size for key in ("begin", "end")},
            "middle": (row["begin"] + row["end"]) / 2 / unit.size,
            "ink": ink_on(colours[row["component"]]),
        }
        for row in rows
    ]
    label = [
        row for row in scaled if row["end"] - row["begin"] > SMALLEST_LABEL * widest / unit.size
    ]
    y = alt.Y("bar:N", sort=bars, title=None, axis=alt.Axis(domain=False, ticks=False))
    x = alt.X("begin:Q", title=unit.name, axis=alt.Axis(tickCount=8))
    tip = tips(component="component", bar="of", text="time", share="of the bar")
    marks = [
        alt.Chart(data_of(scaled))
        .mark_bar(height={"band": 0.7})
        .encode(
            y=y,
            x=x,
            x2="end:Q",
            color=colour_by("component", colours),
            opacity=faded_unless_picked("component"),
            tooltip=tip,
        ),
        alt.Chart(data_of(label))
        .mark_text(fontSize=11)
        .encode(y=y, x="middle:Q", text="short:N", color=alt.Color("ink:N", scale=None)),
    ]
    return [drawing(alt.layer(*marks), "Time by component", 26 + 44 * len(bars), colours)]


def _component_rows(tables: Mapping[str, pd.DataFrame]) -> Rows:
    """A row a piece of a bar, in ns from the beginning of the bar."""
    rows: Rows = []
    for variant, table in tables.items():
        has_device = bool(table["device_ns"].any())
        for clock in ("host", "device") if has_device else ("host",):
            begin, whole = 0.0, float(table[f"{clock}_ns"].sum())
            for name, value in zip(table["component"], table[f"{clock}_ns"], strict=True):
                if not value > 0:
                    continue
                rows.append(
                    {
                        "bar": f"{variant} {clock}" if has_device else variant,
                        "component": name,
                        "begin": begin,
                        "end": begin + float(value),
                        "text": time_text(float(value)),
                        "share": f"{value / whole:.1%}",
                        "short": f"{value / whole:.0%}",
                    }
                )
                begin += float(value)
    return rows


def module_tree(summary: Summary) -> list[Drawing]:
    """The module tree as an icicle: width is time at the largest size, each level inside the last."""
    table = summary.scaling
    size = batch_sizes_of(table)[-1]
    shown = icicle_rows(table, size)
    if shown.empty:
        return []
    whole = float(shown.loc[shown["depth"] == 0, "time"].sum())
    unit = common_unit([whole])
    begins, names = icicle_begins(shown), own_names(shown)
    rows = [
        {
            "name": name,
            "path": row["path"],
            "kind": row["role"] or row["path"],
            "row": int(row["depth"]),
            "begin": begin / unit.size,
            "end": (begin + row["time"]) / unit.size,
            "text": time_text(row["time"]),
            "share": f"{row['time'] / whole:.1%}",
        }
        for row, begin, name in zip(shown.to_dict("records"), begins, names, strict=True)
    ]
    clock = "device" if summary.clock == "device" else "CPU"
    title = "Where in the module tree the time goes"
    label = f"{clock} time, {unit.name}, at {summary.axis.text(size)}"
    tip = {"path": "layer", "kind": "role", "text": "time", "share": "of the whole"}
    levels = [str(level) for level in range(int(shown["depth"].max()) + 1)]
    return [_bars(rows, title, label, tip, dict(zip(range(len(levels)), levels, strict=True)))]


def timeline(lanes: pd.DataFrame, most: int) -> list[Drawing]:
    """Host and device over time, one forward: ranges by depth above, streams of the device below.

    Args:
        lanes: as `samprof.trace.lanes.lanes_table` gives them.
        most: bars that are drawn, the longest.
    """
    if lanes.empty:
        return []
    span = float((lanes["start_ns"] + lanes["dur_ns"]).max())
    shown = visible_bars(lanes, span).nlargest(most, "dur_ns").sort_index()
    unit = common_unit([span])
    place = {key: number for number, key in enumerate(lanes_in_order(shown))}
    rows = [
        {
            "name": last_part(bar["name"]) if bar["lane"] == HOST else "",
            "path": _shortened(bar["name"]),
            "kind": "waits" if bar["lane"] == WAIT else bar["component"],
            "row": place[bar["lane"], bar["row"]],
            "begin": bar["start_ns"] / unit.size,
            "end": (bar["start_ns"] + bar["dur_ns"]) / unit.size,
            "text": time_text(bar["dur_ns"]),
        }
        for bar in shown.to_dict("records")
    ]
    title, label = "Host and device, one forward", f"{unit.name} from the start"
    tip = {"path": "name", "kind": "component", "text": "time"}
    left = len(lanes) - len(shown)
    note = (
        f"{left} ranges and kernels too short or too deep to be seen are left out. " if left else ""
    )
    names = {number: lane_label(*key) for key, number in place.items()}
    return [_bars(rows, title, label, tip, names, f"{note}Drag to move, Shift and wheel to zoom.")]


def _bars(
    rows: Rows,
    title: str,
    label: str,
    tip: Mapping[str, str],
    levels: Mapping[int, str],
    note: str = "",
) -> Drawing:
    """Bars on levels, named where there is room: fields name, kind, row, begin, end, and the tips."""
    alt = vega()
    colours = colours_of(list(dict.fromkeys(row["kind"] for row in rows)))
    colours |= {"waits": _WAIT_COLOUR} if "waits" in colours else {}
    places = [
        row | {"row": levels[row["row"]], "ink": ink_on(colours[row["kind"]])} for row in rows
    ]
    numbered = all(name == str(number) for number, name in levels.items())
    y = alt.Y(
        "row:N",
        sort=list(levels.values()),
        title=None,
        axis=None if numbered else alt.Axis(domain=False, ticks=False),
        scale=alt.Scale(paddingInner=0.06, paddingOuter=0),
    )
    end = max(row["end"] for row in rows)
    x = alt.X(
        "begin:Q",
        title=label,
        scale=alt.Scale(domain=[0, end], nice=False),
        axis=alt.Axis(tickCount=8),
    )
    base = alt.Chart(data_of(places)).encode(y=y)
    room = alt.ExprRef("max(1, abs(scale('x', datum.end) - scale('x', datum.begin)) - 6)")
    fits = "abs(scale('x', datum.end) - scale('x', datum.begin)) > 24"
    named = [row for row in places if row["name"]]
    zoom = alt.selection_interval(
        name="zoom", bind="scales", encodings=["x"], zoom="wheel![event.shiftKey]"
    )
    marks = [
        base.mark_rect(stroke="white", strokeWidth=0.5, clip=True)
        .encode(
            x=x,
            x2="end:Q",
            color=colour_by("kind", colours),
            opacity=faded_unless_picked("kind"),
            tooltip=tips(**tip),
        )
        .add_params(zoom)
    ]
    if named:
        names: Any = alt.Chart(data_of(named)).transform_calculate(
            middle="(datum.begin + datum.end) / 2"
        )
        marks.append(
            names.mark_text(fontSize=11, limit=room, clip=True).encode(
                y=y,
                x="middle:Q",
                text="name:N",
                color=alt.Color("ink:N", scale=None),
                opacity=alt.condition(fits, alt.value(1), alt.value(0)),
            )
        )
    return drawing(alt.layer(*marks), title, 30 * len(levels), colours, note)


def _shortened(name: str) -> str:
    """A kernel's name may be a page long: its beginning and its end say what it is."""
    if len(name) <= _LONGEST_NAME:
        return name
    half = _LONGEST_NAME // 2
    return f"{name[:half]} … {name[-half:]}"
