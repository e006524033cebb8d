"""The layers of a run as Vega-Lite: time and speed-up against the size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samprof.analysis.scaling.part import holders
from samprof.report.leaves import LEAST_SHARE, role_names
from samprof.report.page.chart_parts import (
    GREY,
    Drawing,
    Rows,
    color_by,
    data_of,
    drawing,
    faded_unless_picked,
    inked,
    left_out_text,
    size_axis,
    tips,
    vega,
)
from samprof.report.palette import colors_of
from samprof.units import common_unit, digits, time_text

if TYPE_CHECKING:
    from samprof.report.summary import Summary


def layer_lines(summary: Summary, most: int) -> list[Drawing]:
    """Time per unit in each layer, and its speed-up, against the size; one line per layer.

    Args:
        summary: the tables of the run.
        most: points that are drawn, of the layers with the most time.
    """
    alt = vega()
    axis, sizes = summary.axis, summary.sizes
    rows, left_out = _layer_rows(summary, most)
    if len(sizes) < 2 or not rows:
        return []
    roles = list(dict.fromkeys(str(row["role"]) for row in rows))
    colors = inked(colors_of(roles, summary.colors))
    unit = common_unit([row["time"] for row in rows])
    scaled = [row | {"time": row["time"] / unit.size} for row in rows]
    base = alt.Chart(data_of(scaled)).encode(
        x=size_axis(sizes, axis.label),
        color=color_by("role", colors),
        detail="path:N",
        opacity=faded_unless_picked("role", 0.85),
    )
    tip = tips(path="layer", role="role", size=axis.label, text=f"time per {axis.unit}")
    tip += tips(speedup_text="speed-up", share="share of the whole", growth="class")
    time = _log_y("time", f"{summary.time_name}, {unit.name} per {axis.unit}")
    speedup = _log_y("speedup", f"speed-up over {axis.text(sizes[0])}", base=2)
    none = alt.Chart(data_of([{"speedup": 1.0}])).mark_rule(strokeDash=[6, 4], color=GREY)
    drawn = []
    for y, title, below in (
        (time, f"Time per {axis.unit} in each layer", []),
        (speedup, "Speed-up of each layer", [none.encode(y=speedup)]),
    ):
        marks = [
            base.mark_line(strokeWidth=1.6).encode(y=y),
            base.mark_point(filled=True, size=45).encode(y=y, tooltip=tip),
        ]
        drawn.append(drawing(alt.layer(*below, *marks), title, 340, colors, left_out))
    return drawn


def _log_y(field: str, title: str, **scale: Any) -> Any:
    alt = vega()
    return alt.Y(
        f"{field}:Q",
        title=title,
        scale=alt.Scale(type="log", nice=False, padding=8, **scale),
        axis=alt.Axis(format="~g", tickCount=6),
    )


def _layer_rows(summary: Summary, most: int) -> tuple[Rows, str]:
    """One row per layer and size, of layers that hold no others and take some time.

    Also says how many more layers there are than can be drawn.
    """
    table, last = summary.scaling, "unit_ns_largest"
    whole = float(table.loc[table["depth"] == 0, last].sum())
    shown = table[~table["path"].isin(holders(table)) & (table[last] > LEAST_SHARE * whole)]
    costliest = shown.nlargest(max(most // max(len(summary.sizes), 1), 1), last).sort_index()
    lines = costliest[["path", last, "class"]].merge(summary.times, on="path")
    lines = lines[lines["unit_ns"] > 0]
    rows = [
        {
            "path": row["path"],
            "role": role,
            "size": row["size"],
            "time": float(row["unit_ns"]),
            "text": time_text(float(row["unit_ns"])),
            "speedup": float(row["speedup"]),
            "speedup_text": digits(float(row["speedup"])),
            "share": f"{float(row[last]) / whole:.1%}",
            "growth": row["class"],
        }
        for row, role in zip(lines.to_dict("records"), role_names(lines), strict=True)
    ]
    return rows, left_out_text(len(shown) - len(costliest))
