"""The batching dashboard as Vega-Lite: latency, throughput, speed-up and memory against the size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.analysis.fit import fit_rows
from samprof.analysis.memory import MemoryLine
from samprof.report.canvas import ACCENT
from samprof.report.chart_parts import (
    GREY,
    Drawing,
    Rows,
    colour_by,
    data_of,
    drawing,
    faded_unless_picked,
    size_axis,
    tips,
    vega,
)
from samprof.report.component_figures import colours_of
from samprof.units import (
    MEMORY_UNITS,
    Unit,
    common_unit,
    digits,
    memory_limit_text,
    memory_text,
    time_limit_text,
    time_text,
)

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.axis import Axis
    from samprof.analysis.limits import Limits
    from samprof.report.summary import Summary

_PANEL = 210


def run_batching(summary: Summary) -> list[Drawing]:
    """Latency, throughput, speed-up and peak memory of each variant against the size."""
    points = summary.points
    main = points[points["variant"] == summary.variant]
    others = [name for name in points["variant"].unique() if name != summary.variant]
    series = {summary.variant: main} | {n: points[points["variant"] == n] for n in others}
    too_big = main.loc[main["status"] == "oom", "batch_size"].tolist()
    note = f"Did not fit in memory: {', '.join(map(str, too_big))}." if too_big else ""
    best = summary.verdict.best_batch_size
    return batching(series, summary.axis, summary.limits, best, note)


def batching(
    series: Mapping[str, pd.DataFrame],
    axis: Axis,
    limits: Limits | None = None,
    best: int | None = None,
    note: str = "",
) -> list[Drawing]:
    """Four panels against the size, one line a series.

    Args:
        series: name -> points, as `Run.points` gives them; speed-up is over the smallest size of the
            first, and fits are drawn of a series that is alone.
        axis: what the sizes count.
        limits: drawn where given.
        best: the size to run, of the first series.
        note: below the panels.

    Returns:
        The panels; none where nothing was measured at two sizes.
    """
    rows = _point_rows(series, axis)
    sizes = sorted({int(row["size"]) for row in rows})
    if len(sizes) < 2:
        return []
    colours = colours_of(list(dict.fromkeys(str(row["series"]) for row in rows)))
    legend = colours if len(colours) > 1 else {}
    time_unit = common_unit([row["latency_high"] for row in rows])
    memory_unit = common_unit([row["memory"] for row in rows], MEMORY_UNITS)
    plain, limits_of_time, limits_of_memory = Unit("", 1.0), [], []
    if limits is not None and limits.latency_ns is not None:
        limits_of_time = [(limits.latency_ns, f"limit {time_limit_text(limits.latency_ns)}")]
    if limits is not None and limits.memory_bytes is not None:
        limits_of_memory = [
            (limits.memory_bytes, f"limit {memory_limit_text(limits.memory_bytes)}")
        ]
    chosen = [row for row in rows if row["size"] == best and row["series"] == next(iter(series))]
    first = f"{next(iter(series))}, " if legend else ""
    return [
        _panel(
            f"Latency of {axis.whole}",
            (rows, sizes, colours, axis),
            ("latency", time_unit, time_unit.name),
            fits=[] if legend else _line_of_times(rows, axis),
            rules=limits_of_time,
            legend=legend,
        ),
        _panel(
            "Throughput",
            (rows, sizes, colours, axis),
            ("rate", plain, f"{axis.unit}s a second"),
            marked=chosen,
            legend=legend,
        ),
        _panel(
            "Speed-up",
            (rows, sizes, colours, axis),
            ("gain", plain, f"times the throughput of {first}{axis.text(int(rows[0]['size']))}"),
            rules=[(1.0, "")],
            marked=chosen,
            legend=legend,
        ),
        _panel(
            "Peak memory",
            (rows, sizes, colours, axis),
            ("memory", memory_unit, memory_unit.name),
            fits=[] if legend else _line_of_memory(rows, axis),
            rules=limits_of_memory,
            legend=legend,
            note=note,
        ),
    ]


def _point_rows(series: Mapping[str, pd.DataFrame], axis: Axis) -> Rows:
    """What the panels show of each point that ran, plain numbers: ns, units a second, bytes."""
    rows: Rows = []
    for name, points in series.items():
        for point in points[points["status"] == "ok"].sort_values("batch_size").to_dict("records"):
            size, rate = int(point["batch_size"]), float(point["images_per_s"])
            latency = axis.amount(size) / rate * 1e9
            spread = float(point["wall_iqr_ns"]) / float(point["wall_ns"]) / 2
            gain = rate / float(rows[0]["rate"]) if rows else 1.0
            rows.append(
                {
                    "series": name,
                    "size": size,
                    "memory": float(point["peak_memory_bytes"]),
                    "memory_low": float(point["peak_memory_bytes"]),
                    "memory_high": float(point["peak_memory_bytes"]),
                    **{
                        f"{key}{end}": max(value * (1 + sign * spread), 0.0)
                        for key, value in (("latency", latency), ("rate", rate), ("gain", gain))
                        for end, sign in (("", 0), ("_low", -1), ("_high", 1))
                    },
                    "latency_text": f"{time_text(latency)} ± {time_text(latency * spread)}",
                    "rate_text": digits(rate),
                    "gain_text": digits(gain),
                    "memory_text": memory_text(float(point["peak_memory_bytes"])),
                }
            )
    return rows


def _panel(
    title: str,
    of: tuple[Rows, list[int], Mapping[str, str], Axis],
    what: tuple[str, Unit, str],
    *,
    fits: Sequence[Mapping[str, Any]] = (),
    rules: Sequence[tuple[float, str]] = (),
    marked: Rows | None = None,
    legend: Mapping[str, str],
    note: str = "",
) -> Drawing:
    """One quantity against the size: line, quartile bars, points, fit, limits, the size to run."""
    alt = vega()
    (rows, sizes, colours, axis), (key, unit, label) = of, what
    scaled = [
        row | {f"{key}{end}": row[f"{key}{end}"] / unit.size for end in ("", "_low", "_high")}
        for row in rows
    ]
    x = size_axis(sizes, axis.label)
    y = alt.Y(f"{key}:Q", title=label, scale=alt.Scale(zero=True))
    colour, faded = colour_by("series", colours), faded_unless_picked("series")
    base = alt.Chart(data_of(scaled)).encode(x=x, color=colour, opacity=faded)
    tip = tips(
        series="variant or run",
        size=axis.label,
        latency_text=f"latency of {axis.whole}",
        rate_text=f"{axis.unit}s a second",
        gain_text="speed-up",
        memory_text="peak memory",
    )
    layers = [
        base.mark_line(strokeWidth=2).encode(y=y),
        base.mark_rule().encode(y=alt.Y(f"{key}_low:Q", title=label), y2=f"{key}_high:Q"),
        base.mark_point(filled=True, size=70, opacity=1).encode(y=y, tooltip=tip[not legend :]),
    ]
    if fits:
        line = data_of([{**row, key: row[key] / unit.size} for row in fits])
        fit = alt.Chart(line).mark_line(strokeDash=[2, 3], color=GREY)
        layers.insert(0, fit.encode(x=x, y=y))
    for value, words in rules:
        colour_of_rule = ACCENT if words else GREY
        rule = alt.Chart(data_of([{key: value / unit.size, "words": words}])).encode(y=y)
        layers.insert(0, rule.mark_rule(strokeDash=[6, 4], color=colour_of_rule))
        if words:
            at_left = {"align": "left", "x": 4, "dy": -7, "color": ACCENT}
            layers.append(rule.mark_text(**at_left).encode(text="words:N"))
    if marked:
        best = alt.Chart(data_of([{"size": r["size"], key: r[key] / unit.size} for r in marked]))
        place = sizes.index(int(marked[0]["size"]))
        align = "left" if place == 0 else "right" if place == len(sizes) - 1 else "center"
        words = f"run {axis.text(sizes[place])}"
        ring = best.mark_point(size=200, color=ACCENT, strokeWidth=2.5, opacity=1)
        layers.append(ring.encode(x=x, y=y))
        text = best.mark_text(dy=-16, align=align, color=ACCENT, text=words)
        layers.append(text.encode(x=x, y=y))
    return drawing(alt.layer(*layers), title, _PANEL, legend, note)


def _line_of_times(rows: Rows, axis: Axis) -> Rows:
    """The fitted line of latency, along the sizes."""
    amounts = np.array([axis.amount(int(row["size"])) for row in rows], np.float64)
    fit = fit_rows(amounts, [np.array([[row["latency"]]], np.float64) for row in rows])
    fixed, each = float(fit.fixed[0]), float(fit.per_image[0])
    return [{"size": s, "latency": fixed + each * axis.amount(s)} for s in _between(rows)]


def _line_of_memory(rows: Rows, axis: Axis) -> Rows:
    """The fitted line of peak memory, along the sizes."""
    line = MemoryLine.through({axis.amount(int(r["size"])): round(r["memory"]) for r in rows})
    return [{"size": s, "memory": line.at(axis.amount(s))} for s in _between(rows)]


def _between(rows: Rows) -> list[Any]:
    """Sizes from the first to the last, dense enough for a straight line to bend on a log axis."""
    first, last = int(rows[0]["size"]), int(rows[-1]["size"])
    return [float(size) for size in np.geomspace(first, last, 24)]
