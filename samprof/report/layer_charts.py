"""The layers of a run as Vega-Lite: time and gain against the size, and below the device's roof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samprof.analysis.scaling import batch_sizes_of
from samprof.report.chart_parts import (
    GREY,
    Drawing,
    Rows,
    colour_by,
    data_of,
    drawing,
    faded_unless_picked,
    inked,
    size_axis,
    tips,
    vega,
)
from samprof.report.component_figures import colours_of
from samprof.report.roofline_figures import LEAST_SHARE, holders, roofline_rows
from samprof.units import common_unit, digits, rate_text, time_text

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.axis import Axis
    from samprof.analysis.roofline import Roof
    from samprof.report.summary import Summary

_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "stroke")


def layer_lines(summary: Summary, most: int) -> list[Drawing]:
    """Time of an image in each layer, and its gain, against the size; one line a layer.

    Args:
        summary: the tables of the run.
        most: points that are drawn, of the layers with the most time.
    """
    alt = vega()
    axis, sizes = summary.axis, batch_sizes_of(summary.scaling)
    rows, left_out = _layer_rows(summary, most)
    if len(sizes) < 2 or not rows:
        return []
    colours = inked(colours_of(list(dict.fromkeys(str(row["role"]) for row in rows))))
    unit = common_unit([row["time"] for row in rows])
    clock = "device" if summary.clock == "device" else "CPU"
    scaled = [row | {"time": row["time"] / unit.size} for row in rows]
    tip = tips(path="layer", role="role", size=axis.label, text=f"time of {axis.an_unit}")
    tip += tips(gain_text="gain", share="of the whole", growth="class")
    base = alt.Chart(data_of(scaled)).encode(
        x=size_axis(sizes, axis.label),
        color=colour_by("role", colours),
        detail="path:N",
        opacity=faded_unless_picked("role", 0.85),
    )
    one = alt.Chart(data_of([{"gain": 1.0}])).mark_rule(strokeDash=[6, 4], color=GREY)
    time = alt.Y(
        "time:Q",
        title=f"{clock} time, {unit.name} {axis.an_unit}",
        scale=alt.Scale(type="log", nice=False, padding=8),
        axis=alt.Axis(format="~g", tickCount=6),
    )
    gain = alt.Y(
        "gain:Q",
        title=f"times as fast as at {axis.text(sizes[0])}",
        scale=alt.Scale(type="log", base=2, nice=False, padding=8),
        axis=alt.Axis(format="~g", tickCount=6),
    )
    titles = (f"Time of {axis.an_unit} in each layer", f"Gain of each layer, {axis.an_unit}")
    drawn = []
    for y, title, below in ((time, titles[0], []), (gain, titles[1], [one.encode(y=gain)])):
        marks = [
            base.mark_line(strokeWidth=1.6).encode(y=y),
            base.mark_point(filled=True, size=45).encode(y=y, tooltip=tip),
        ]
        drawn.append(drawing(alt.layer(*below, *marks), title, 340, colours, left_out))
    return drawn


def _layer_rows(summary: Summary, most: int) -> tuple[Rows, str]:
    """A row a layer and size: layers that hold no others, and take more than hardly any time.

    Also what is to be said of layers beyond the most.
    """
    table, sizes = summary.scaling, batch_sizes_of(summary.scaling)
    last = f"time_ns_{sizes[-1]}"
    whole = float(table.loc[table["depth"] == 0, last].sum())
    shown = table[~table["path"].isin(holders(table)) & (table[last] > LEAST_SHARE * whole)]
    costliest = shown.nlargest(max(most // len(sizes), 1), last).sort_index()
    rows = [
        {
            "path": row["path"],
            "role": row["role"] or row["path"],
            "size": size,
            "time": float(row[f"image_ns_{size}"]),
            "text": time_text(float(row[f"image_ns_{size}"])),
            "gain": float(row[f"gain_{size}"]),
            "gain_text": digits(float(row[f"gain_{size}"])),
            "share": f"{float(row[last]) / whole:.1%}",
            "growth": row["class"],
        }
        for row in costliest.to_dict("records")
        for size in sizes
        if row[f"image_ns_{size}"] > 0
    ]
    return rows, _left_out(len(shown) - len(costliest))


def _left_out(count: int) -> str:
    return f"{count} layers of less time are left out." if count else ""


def roofline_drawing(
    table: pd.DataFrame, roof: Roof | None, axis: Axis, most: int
) -> list[Drawing]:
    """FLOP/s against FLOPs a byte: one colour a role, one shape a size, below the device's roof.

    Args:
        table: as `samprof.analysis.roofline.roofline` gives it.
        roof: of the device; without, there is no line.
        axis: what the sizes count.
        most: points that are drawn, of the layers with the most time.
    """
    found = roofline_rows(table) if len(table) else table
    if found.empty:
        return []
    alt = vega()
    times = found.groupby("path")["time_ns"].max()
    costliest = times.nlargest(max(most // found["batch_size"].nunique(), 1))
    shown = found[found["path"].isin(costliest.index)]
    left_out = _left_out(len(times) - len(costliest))
    rows = [
        {
            "path": row["path"],
            "role": row["role"] or row["path"],
            "size": str(row["batch_size"]),
            "intensity": float(row["intensity"]),
            "rate": float(row["flops_per_s"]),
            "intensity_text": digits(float(row["intensity"])),
            "rate_text": rate_text(float(row["flops_per_s"])),
            "share_text": f"{row['flops_share']:.1%}" if row["flops_share"] >= 0 else "-",
            "bytes_text": f"{row['bytes_share']:.1%}" if row["bytes_share"] >= 0 else "-",
            "text": time_text(float(row["time_ns"])),
            "bound": row["bound"],
        }
        for row in shown.to_dict("records")
    ]
    colours = inked(colours_of(list(dict.fromkeys(str(row["role"]) for row in rows))))
    sizes = [str(size) for size in sorted(shown["batch_size"].unique().tolist())]
    scale = alt.Scale(type="log", nice=True)
    x = alt.X(
        "intensity:Q", title="FLOPs a byte", scale=scale, axis=alt.Axis(format="~g", tickCount=6)
    )
    y = alt.Y("rate:Q", title="FLOP/s", scale=scale, axis=alt.Axis(format="~s", tickCount=6))
    shapes = [_SHAPES[place % len(_SHAPES)] for place in range(len(sizes))]
    tip = tips(path="layer", role="role", size=axis.label, text="time", bound="bound by")
    tip += tips(intensity_text="FLOPs a byte", rate_text="FLOP/s")
    tip += tips(share_text="of the peak FLOP/s", bytes_text="of the peak bytes/s")
    marks = alt.Chart(data_of(rows)).mark_point(filled=True, size=75)
    layers = [
        marks.encode(
            x=x,
            y=y,
            color=colour_by("role", colours),
            shape=alt.Shape(
                "size:N", title=axis.label, sort=sizes, scale=alt.Scale(domain=sizes, range=shapes)
            ),
            opacity=faded_unless_picked("role", 0.85),
            tooltip=tip,
        )
    ]
    if roof is not None:
        ends = [row["intensity"] for row in rows] + [roof.ridge / 4, roof.ridge * 4]
        line = [
            {"intensity": at, "rate": min(roof.flops_per_s, at * roof.bytes_per_s)}
            for at in (min(ends), roof.ridge, max(ends))
        ]
        peak = f"{rate_text(roof.flops_per_s)} and {rate_text(roof.bytes_per_s, 'B/s')} measured"
        data = alt.Chart(data_of(line))
        layers.append(data.mark_line(color=GREY, strokeWidth=2).encode(x=x, y=y))
        top = alt.Chart(data_of(line[-1:])).mark_text(align="right", dy=-9, text=peak)
        layers.append(top.encode(x=x, y=y))
    return [drawing(alt.layer(*layers), "Roofline", 400, colours, left_out)]
