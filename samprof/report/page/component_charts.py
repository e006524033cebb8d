"""Time by component as Vega-Lite: stacked bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samprof.report.component_bars import SMALLEST_LABEL, component_pieces
from samprof.report.page.chart_parts import (
    Drawing,
    color_by,
    data_of,
    drawing,
    faded_unless_picked,
    tips,
    vega,
)
from samprof.report.palette import colors_of, ink_on
from samprof.units import common_unit, time_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


def component_bars(
    tables: Mapping[str, pd.DataFrame], known: Mapping[str, str] | None = None
) -> list[Drawing]:
    """Time by component: a stacked bar per variant, host beside device.

    Args:
        tables: variant -> component table.
        known: colours of known components.
    """
    pieces = component_pieces(tables)
    if not pieces:
        return []
    alt = vega()
    widest = max(piece.end_ns for piece in pieces)
    unit = common_unit([widest])
    colors = colors_of(list(dict.fromkeys(piece.component for piece in pieces)), known)
    bars = list(dict.fromkeys(piece.bar for piece in pieces))
    rows = [
        {
            "bar": piece.bar,
            "component": piece.component,
            "begin": piece.begin_ns / unit.size,
            "end": piece.end_ns / unit.size,
            "middle": (piece.begin_ns + piece.end_ns) / 2 / unit.size,
            "text": time_text(piece.time_ns),
            "share": f"{piece.share:.1%}",
            "short": f"{piece.share:.0%}" if piece.time_ns > SMALLEST_LABEL * widest else "",
            "ink": ink_on(colors[piece.component]),
        }
        for piece in pieces
    ]
    y = alt.Y("bar:N", sort=bars, title=None, axis=alt.Axis(domain=False, ticks=False))
    x = alt.X("begin:Q", title=unit.name, axis=alt.Axis(tickCount=8))
    tip = tips(component="component", bar="of", text="time", share="of the bar")
    boxes = alt.Chart(data_of(rows)).mark_bar(height={"band": 0.7})
    color, opacity = color_by("component", colors), faded_unless_picked("component")
    names = alt.Chart(data_of([row for row in rows if row["short"]])).mark_text(fontSize=11)
    ink = alt.Color("ink:N", scale=None)
    marks = [
        boxes.encode(y=y, x=x, x2="end:Q", color=color, opacity=opacity, tooltip=tip),
        names.encode(y=y, x="middle:Q", text="short:N", color=ink),
    ]
    return [drawing(alt.layer(*marks), "Time by component", 26 + 44 * len(bars), colors)]
