"""The roofline as Vega-Lite, with the layers on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samprof.report.leaves import above_roof_text, role_names, roofline_leaves
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
    tips,
    vega,
)
from samprof.report.palette import colors_of
from samprof.units import digits, rate_text, time_text

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.device.roofline import Roof
    from samprof.report.summary import Summary

_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "stroke")


def roofline_chart(summary: Summary, most: int) -> list[Drawing]:
    """FLOP/s against FLOPs per byte: one colour per role, one shape per size, below the roof.

    Args:
        summary: the tables of the run.
        most: points that are drawn, of the layers with the most time.
    """
    table = summary.roofline
    found = roofline_leaves(table) if len(table) else table
    if found.empty:
        return []
    alt = vega()
    times = found.groupby("path")["time_ns"].max()
    costliest = times.nlargest(max(most // found["size"].nunique(), 1))
    rows = _rows(found[found["path"].isin(costliest.index)])
    roles = list(dict.fromkeys(str(row["role"]) for row in rows))
    colors = inked(colors_of(roles, summary.colors))
    x, y = _log(alt.X, "intensity", "FLOPs per byte", "~g"), _log(alt.Y, "rate", "FLOP/s", "~s")
    tip = tips(path="layer", role="role", size=summary.axis.label, text="time", bound="bound by")
    tip += tips(intensity_text="FLOPs per byte", rate_text="FLOP/s")
    tip += tips(share_text="share of peak FLOP/s", bytes_text="share of peak bytes/s")
    points = (
        alt.Chart(data_of(rows))
        .mark_point(filled=True, size=75)
        .encode(
            x=x,
            y=y,
            color=color_by("role", colors),
            shape=_shape_by_size(rows, summary.axis.label),
            opacity=faded_unless_picked("role", 0.85),
            tooltip=tip,
        )
    )
    roof = [] if summary.roof is None else _roof_layers(summary.roof, rows, summary.peak_source)
    layers = [points, *(layer.encode(x=x, y=y) for layer in roof)]
    above = above_roof_text(summary.roof, [(row["intensity"], row["rate"]) for row in rows])
    notes = [left_out_text(len(times) - len(costliest)), above]
    note = " ".join(filter(None, notes))
    return [drawing(alt.layer(*layers), "Roofline", 400, colors, note)]


def _rows(table: pd.DataFrame) -> Rows:
    return [
        {
            "path": row["path"],
            "role": role,
            "size": str(row["size"]),
            "intensity": float(row["intensity"]),
            "rate": float(row["flops_per_s"]),
            "intensity_text": digits(float(row["intensity"])),
            "rate_text": rate_text(float(row["flops_per_s"])),
            "share_text": _share(row["flops_share"]),
            "bytes_text": _share(row["bytes_share"]),
            "text": time_text(float(row["time_ns"])),
            "bound": row["bound"],
        }
        for row, role in zip(table.to_dict("records"), role_names(table), strict=True)
    ]


def _share(value: float) -> str:
    return f"{value:.1%}" if value >= 0 else "-"


def _log(channel: Any, field: str, title: str, form: str) -> Any:
    alt = vega()
    scale, ticks = alt.Scale(type="log", nice=True), alt.Axis(format=form, tickCount=6)
    return channel(f"{field}:Q", title=title, scale=scale, axis=ticks)


def _shape_by_size(rows: Rows, label: str) -> Any:
    alt = vega()
    sizes = sorted({str(row["size"]) for row in rows}, key=int)
    shapes = [_SHAPES[place % len(_SHAPES)] for place in range(len(sizes))]
    scale = alt.Scale(domain=sizes, range=shapes)
    return alt.Shape("size:N", title=label, sort=sizes, scale=scale)


def _roof_layers(roof: Roof, rows: Rows, source: str) -> list[Any]:
    """The most that the device can do at each intensity, and its two peaks in words."""
    alt = vega()
    ends = [row["intensity"] for row in rows] + [roof.ridge / 4, roof.ridge * 4]
    line = [
        {"intensity": at, "rate": min(roof.flops_per_s, at * roof.bytes_per_s)}
        for at in (min(ends), roof.ridge, max(ends))
    ]
    peaks = f"{rate_text(roof.flops_per_s)} and {rate_text(roof.bytes_per_s, 'B/s')}, {source}"
    return [
        alt.Chart(data_of(line)).mark_line(color=GREY, strokeWidth=2),
        alt.Chart(data_of(line[-1:])).mark_text(align="right", dy=-9, text=peaks),
    ]
