"""Bars on levels, as the module tree and the timeline are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samprof.report.page.chart_parts import (
    Drawing,
    Rows,
    color_by,
    data_of,
    drawing,
    faded_unless_picked,
    tips,
    vega,
)
from samprof.report.palette import WAIT_COLOR, colors_of, ink_on


def bar_drawing(
    rows: Rows,
    titles: tuple[str, str],
    tip: Mapping[str, str],
    levels: Mapping[int, str],
    known: Mapping[str, str] | None = None,
    note: str = "",
) -> Drawing:
    """Bars on levels, named where there is room.

    Args:
        rows: with the fields name, kind, row, begin, end and those of the tooltip.
        titles: above the chart, and of its axis.
        tip: the tooltip: field -> what it is called there.
        levels: row -> what stands beside it; a plain number is not shown.
        known: colours of known kinds.
        note: below the chart.
    """
    alt = vega()
    colors = colors_of(list(dict.fromkeys(row["kind"] for row in rows)), known)
    colors |= {"waits": WAIT_COLOR} if "waits" in colors else {}
    places = [row | {"row": levels[row["row"]], "ink": ink_on(colors[row["kind"]])} for row in rows]
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
        title=titles[1],
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
            color=color_by("kind", colors),
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
    return drawing(alt.layer(*marks), titles[0], 30 * len(levels), colors, note)
