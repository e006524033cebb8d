"""A picture of batching: time per unit, throughput, speed-up and peak memory against the size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.analysis.device.memory import MemoryLine
from samprof.analysis.scaling.measured import measured
from samprof.report.palette import ACCENT, COLOR, MUTED
from samprof.report.png.canvas import canvas, png, title_above
from samprof.report.summary import Summary
from samprof.units import MEMORY_UNITS, common_unit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from samprof.analysis.scaling.axis import Axis

Floats = np.ndarray[Any, np.dtype[np.float64]]


def batching_figure(summary: Summary) -> bytes:
    """Time per unit, throughput, speed-up and peak memory against the size."""
    axis, best = summary.axis, summary.verdict.recommended
    points = summary.points[summary.points["variant"] == summary.variant]
    points = measured(points).sort_values("size")
    sizes: list[int] = points["size"].tolist()
    units = points["units_per_s"].to_numpy(float) * points["wall_ns"].to_numpy(float) / 1e9
    wall = points["wall_ns"].to_numpy(float) / units
    time_ends, rate_ends = _ends(points, wall, units)
    too_big = summary.points.loc[summary.points["status"] == "oom", "size"].tolist()
    with canvas(2, 2, (9.2, 6.8)) as (figure, (time, rate, speed, space)):
        _draw_time(time, sizes, wall, time_ends, axis)
        _draw_rate(rate, sizes, 1e9 / wall, rate_ends, axis)
        _draw_speedup(speed, points, best, axis)
        _draw_memory(space, sizes, points["peak_memory_bytes"], summary.limits.memory_bytes, axis)
        for axes in (time, rate, speed, space):
            _size_axis(axes, sizes, axis.label)
        if too_big:
            space.set_xlabel(f"{axis.label} (out of memory: {', '.join(map(str, too_big))})")
        title_above(figure, summary.title)
        return png(figure)


def _ends(points: pd.DataFrame, wall: Floats, units: Floats) -> tuple[Floats, Floats]:
    """How far the bars of time and of throughput reach down and up, `[2, sizes]` each.

    So far as processes differ, to either side alike; of what was predicted, what is to be expected.
    """
    if "wall_low_ns" not in points or points["wall_low_ns"].isna().all():
        spread = points["wall_iqr_ns"].to_numpy(float) / units / 2
        both = np.stack([spread, spread])
        return both, both / wall**2 * 1e9
    low, high = (points[f"wall_{end}_ns"].to_numpy(float) / units for end in ("low", "high"))
    ends = np.stack([wall - low, high - wall])
    return ends, np.stack([1e9 / wall - 1e9 / high, 1e9 / low - 1e9 / wall])


def _draw_time(axes: Axes, sizes: list[int], wall: Floats, ends: Floats, axis: Axis) -> None:
    """Time per unit, each with a bar that reaches down and up by `ends`, `[2, sizes]`."""
    unit = common_unit(wall)
    axes.errorbar(sizes, wall / unit.size, ends / unit.size, **_line())
    top = 1.05 * float(np.nanmax(wall + ends[1])) / unit.size
    axes.set(title=f"Time per {axis.unit}", ylabel=f"wall time, {unit.name}", ylim=(0, top))


def _draw_rate(axes: Axes, sizes: list[int], rate: Floats, ends: Floats, axis: Axis) -> None:
    """Throughput, each with a bar that reaches down and up by `ends`, `[2, sizes]`."""
    axes.errorbar(sizes, rate, ends, **_line())
    top = 1.05 * float(np.nanmax(rate + ends[1]))
    axes.set(title="Throughput", ylabel=f"{axis.unit}s/s", ylim=(0, top))


def _draw_speedup(axes: Axes, points: pd.DataFrame, best: int | None, axis: Axis) -> None:
    """Speed-up with its 95 % interval, and the size to run where there is one."""
    sizes = points["size"].tolist()
    speedup, low, high = (points[f"speedup{end}"].to_numpy(float) for end in ("", "_low", "_high"))
    if np.isnan(speedup).any():
        axes.text(0.5, 0.5, "undecided", color=MUTED, ha="center", transform=axes.transAxes)
        axes.plot(sizes, np.zeros(len(sizes)), alpha=0)  # the same sizes as beside it
        axes.set(title="Speed-up", yticks=[])
        return
    low, high = (np.where(np.isnan(end), speedup, end) for end in (low, high))
    axes.axhline(1.0, color=MUTED, linewidth=1, linestyle="--")
    reach = np.maximum(np.stack([speedup - low, high - speedup]), 0.0)
    axes.errorbar(sizes, speedup, reach, **_line())
    if best is not None:
        place = sizes.index(best)
        axes.plot(best, speedup[place], "o", color=ACCENT, markersize=9, zorder=5)
        axes.annotate(
            f"run {axis.text(best)}",
            (best, high[place]),
            xytext=(0, 9),
            textcoords="offset points",
            color=ACCENT,
            ha="left" if place == 0 else "right" if best == sizes[-1] else "center",
        )
    top = max(1.5, float(high.max()) * 1.15)
    known = bool((high > low).any())
    title = "Speed-up with its 95% interval" if known else "Speed-up"
    axes.set(title=title, ylabel=f"throughput / that of {axis.text(sizes[0])}", ylim=(0, top))


def _draw_memory(
    axes: Axes, sizes: list[int], peaks: pd.Series, limit: int | None, axis: Axis
) -> None:
    """Peak memory, where it is known, with its fitted line, and the limit where there is one."""
    if peaks.isna().any():
        axes.text(0.5, 0.5, "not recorded", color=MUTED, ha="center", transform=axes.transAxes)
        axes.set(title="Peak memory", yticks=[])
        return
    unit, memory = common_unit(peaks, MEMORY_UNITS), peaks.to_numpy(float)
    axes.plot(sizes, memory / unit.size, marker="o", color=COLOR)
    if len(sizes) > 1:
        pairs = zip(sizes, memory, strict=True)
        line = MemoryLine.through({axis.amount(size): round(peak) for size, peak in pairs})
        fitted = [line.at(axis.amount(size)) / unit.size for size in sizes]
        axes.plot(sizes, fitted, color=MUTED, linewidth=1, linestyle=":", label="fit")
    if limit is not None:
        axes.axhline(limit / unit.size, color=ACCENT, linewidth=1.2, linestyle="--", label="limit")
        axes.legend(frameon=False, fontsize=8)
    axes.set(title="Peak memory", ylabel=unit.name, ylim=(0, None))


def _line() -> dict[str, Any]:
    return {"marker": "o", "color": COLOR, "capsize": 3, "elinewidth": 1.2, "linewidth": 1.8}


def _size_axis(axes: Axes, sizes: list[int], label: str) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel(label)
