"""The batching charts as Vega-Lite: latency, throughput, speed-up and memory against the size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from samprof.report.page.batching_rows import line_of_memory, line_of_times, point_rows
from samprof.report.page.chart_parts import Drawing
from samprof.report.page.size_panel import Panels, Rule
from samprof.report.palette import colors_of
from samprof.units import (
    MEMORY_UNITS,
    Unit,
    common_unit,
    memory_limit_text,
    time_limit_text,
)

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.scaling.axis import Axis
    from samprof.analysis.verdict.limits import Limits
    from samprof.report.summary import Summary

_PLAIN = Unit("", 1.0)


def run_batching(summary: Summary) -> list[Drawing]:
    """Latency, throughput, speed-up and peak memory of each variant against the size."""
    points = summary.points
    main = points[points["variant"] == summary.variant]
    others = [name for name in points["variant"].unique() if name != summary.variant]
    series = {summary.variant: main} | {n: points[points["variant"] == n] for n in others}
    too_big = main.loc[main["status"] == "oom", "size"].tolist()
    note = f"Did not fit in memory: {', '.join(map(str, too_big))}." if too_big else ""
    best = summary.verdict.recommended
    return batching(series, summary.axis, summary.limits, best, note)


def batching(
    series: Mapping[str, pd.DataFrame],
    axis: Axis,
    limits: Limits | None = None,
    best: int | None = None,
    note: str = "",
) -> list[Drawing]:
    """Up to four panels against the size, one line per series.

    Args:
        series: name -> points, as `Run.points` gives them; fits are drawn of a series that is alone.
        axis: what the sizes count.
        limits: drawn where given.
        best: the size to run, of the first series.
        note: below the panels.

    Returns:
        The panels, those of speed-up and memory where they are known; none where nothing was measured
        at two sizes.
    """
    rows = point_rows(series, axis)
    sizes = sorted({int(row["size"]) for row in rows})
    if len(sizes) < 2:
        return []
    first = next(iter(series))
    colors = colors_of(list(dict.fromkeys(str(row["series"]) for row in rows)))
    alone = len(colors) == 1
    marked = [row for row in rows if row["size"] == best and row["series"] == first]
    panels = Panels(rows, sizes, colors, axis)
    has_memory, has_speedup = (
        all(math.isfinite(row[name]) for row in rows) for name in ("memory", "speedup")
    )
    time_unit = common_unit([row["latency_high"] for row in rows])
    base = axis.text(sizes[0]) if alone else "the smallest size"
    found = [
        panels.draw(
            f"Latency of {axis.whole}",
            ("latency", time_unit, time_unit.name),
            fit=line_of_times(rows, axis) if alone else [],
            rules=_time_limit(limits),
        ),
        panels.draw("Throughput", ("rate", _PLAIN, f"{axis.unit}s/s"), marked=marked),
    ]
    if has_speedup:
        value = ("speedup", _PLAIN, f"throughput / that of {base}")
        title = "Speed-up with its 95% interval"
        found.append(panels.draw(title, value, rules=[Rule(1.0)], marked=marked))
    if has_memory:
        unit = common_unit([row["memory"] for row in rows], MEMORY_UNITS)
        fit = line_of_memory(rows, axis) if alone else []
        value = ("memory", unit, unit.name)
        rules = _memory_limit(limits)
        found.append(panels.draw("Peak memory", value, fit=fit, rules=rules, note=note))
    return found


def _time_limit(limits: Limits | None) -> list[Rule]:
    if limits is None or limits.latency_ns is None:
        return []
    return [Rule(limits.latency_ns, f"limit {time_limit_text(limits.latency_ns)}")]


def _memory_limit(limits: Limits | None) -> list[Rule]:
    if limits is None or limits.memory_bytes is None:
        return []
    return [Rule(limits.memory_bytes, f"limit {memory_limit_text(limits.memory_bytes)}")]
