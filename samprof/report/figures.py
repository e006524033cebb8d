"""The pictures of a run, as PNG bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.analysis.memory import MemoryLine
from samprof.analysis.scaling import batch_sizes_of
from samprof.report.canvas import ACCENT, COLOUR, canvas, png
from samprof.report.component_figures import components_figure, lanes_figure, modules_figure
from samprof.report.roofline_figures import gains_figure, roofline_figure
from samprof.report.summary import Summary
from samprof.units import MEMORY_UNITS, common_unit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def run_figures(summary: Summary, lanes: pd.DataFrame | None = None) -> dict[str, bytes]:
    """All figures of a run: name -> PNG.

    Args:
        summary: the tables of the run.
        lanes: what ran when in one forward.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    figures = {"batching": batching_figure(summary), "layers": layers_figure(summary)}
    if len(batch_sizes_of(summary.scaling)) == 1:
        figures = {}  # nothing grows
    else:
        figures["gains"] = gains_figure(summary.roles, summary.title, summary.axis)
    if summary.components:
        figures = {"components": components_figure(summary.components, summary.title)} | figures
    if len(summary.roofline):
        figures["roofline"] = roofline_figure(
            summary.roofline, summary.roof, summary.title, summary.axis
        )
    figures["modules"] = modules_figure(summary)
    if lanes is not None and len(lanes):
        figures["lanes"] = lanes_figure(lanes, summary.title)
    return figures


def batching_figure(summary: Summary) -> bytes:
    """Time of an image, speed-up and peak memory against the batch size."""
    axis = summary.axis
    points = summary.points[summary.points["variant"] == summary.variant]
    points = points[points["status"] == "ok"].sort_values("batch_size")
    sizes = points["batch_size"].to_numpy(dtype=int)
    units = points["images_per_s"].to_numpy(dtype=float) * points["wall_ns"].to_numpy(float) / 1e9
    wall = points["wall_ns"].to_numpy(dtype=float) / units
    spread = points["wall_iqr_ns"].to_numpy(dtype=float) / units / 2
    memory = points["peak_memory_bytes"].to_numpy(dtype=float)
    with canvas(1, 3, (11.5, 3.9)) as (figure, (time, speed, space)):
        unit = common_unit(wall)
        time.errorbar(sizes, wall / unit.size, spread / unit.size, **_line(COLOUR))
        time.set(
            title=f"Time of {axis.an_unit}",
            ylabel=f"{unit.name} {axis.an_unit} (wall)",
            ylim=(0, None),
        )

        gain = wall[0] / wall
        speed.axhline(1.0, color="#888888", linewidth=1, linestyle="--")
        speed.errorbar(sizes, gain, gain * spread / wall, **_line(COLOUR))
        best = summary.verdict.best_batch_size
        place = list(sizes).index(best)
        speed.plot(best, gain[place], "o", color=ACCENT, markersize=9, zorder=5)
        speed.annotate(
            f"run {axis.text(best)}",
            (best, gain[place] * (1 + spread[place] / wall[place])),
            xytext=(0, 9),
            textcoords="offset points",
            color=ACCENT,
            ha="left" if place == 0 else "right" if best == sizes[-1] else "center",
        )
        top = max(1.5, float((gain + gain * spread / wall).max()) * 1.15)
        label = f"times the throughput of {axis.text(sizes[0])}"
        speed.set(title="Speed-up", ylabel=label, ylim=(0, top))

        bytes_unit = common_unit(memory, MEMORY_UNITS)
        space.plot(sizes, memory / bytes_unit.size, marker="o", color=COLOUR)
        if len(sizes) > 1:
            amounts = {
                axis.amount(size): round(peak) for size, peak in zip(sizes, memory, strict=True)
            }
            line = MemoryLine.through(amounts)
            fitted = [line.at(axis.amount(size)) / bytes_unit.size for size in sizes]
            space.plot(sizes, fitted, color="#888888", linewidth=1, linestyle=":", label="fit")
        if summary.limits.memory_bytes is not None:
            limit = summary.limits.memory_bytes / bytes_unit.size
            space.axhline(limit, color=ACCENT, linewidth=1.2, linestyle="--", label="limit")
            space.legend(frameon=False, fontsize=8)
        space.set(title="Peak memory", ylabel=bytes_unit.name, ylim=(0, None))
        for axes in (time, speed, space):
            _size_axis(axes, sizes, axis.label)
        too_big = summary.points.loc[summary.points["status"] == "oom", "batch_size"].tolist()
        if too_big:
            space.set_xlabel(f"{axis.label} (out of memory: {', '.join(map(str, too_big))})")
        figure.suptitle(summary.title, x=0.01, ha="left", fontsize=10, color="#555555")
        return png(figure)


def layers_figure(summary: Summary, depth: int = 1) -> bytes:
    """Time of an image in each layer, one bar a batch size."""
    table = summary.scaling
    sizes = batch_sizes_of(table)
    rows = table[(table["depth"] <= depth) & _leaf_at(table, depth)]
    rows = rows[rows[[f"image_ns_{size}" for size in sizes]].max(axis=1) > 0]
    names = _short_names(rows, str(table["path"].iloc[0]))
    values = np.array([rows[f"image_ns_{size}"].to_numpy(dtype=float) for size in sizes])
    unit = common_unit(values.ravel())
    height = max(3.0, 0.9 + len(rows) * (0.13 * len(sizes) + 0.12))
    with canvas(1, 1, (9.0, height)) as (figure, (axes,)):
        thickness = 0.82 / len(sizes)
        for index, size in enumerate(sizes):
            where = np.arange(len(rows)) + (index - (len(sizes) - 1) / 2) * thickness
            shade = _shade(index, len(sizes))
            axes.barh(where, values[index] / unit.size, thickness, color=shade, label=f"{size}")
        axes.set_yticks(np.arange(len(rows)), names)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        clock = "device" if summary.clock == "device" else "CPU"
        axes.set_xlabel(f"{clock} time, {unit.name} {summary.axis.an_unit}")
        axes.set_title(f"Time of {summary.axis.an_unit} by layer and {summary.axis.label}")
        axes.legend(title=summary.axis.label, frameon=False, loc="best")
        figure.suptitle(summary.title, x=0.01, ha="left", fontsize=10, color="#555555")
        return png(figure)


def _line(colour: str) -> dict[str, Any]:
    return {"marker": "o", "color": colour, "capsize": 3, "elinewidth": 1.2, "linewidth": 1.8}


def _size_axis(axes: Axes, sizes: np.ndarray[Any, Any], label: str) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel(label)


def _shade(index: int, count: int) -> tuple[float, ...]:
    from matplotlib import colormaps

    return tuple(colormaps["viridis"](0.1 + 0.75 * index / max(count - 1, 1)))


def _leaf_at(table: pd.DataFrame, depth: int) -> pd.Series:
    """Rows whose time is not shown again by rows below them, down to the depth."""
    below = table["depth"].shift(-1, fill_value=0)
    return (table["depth"] == depth) | (below <= table["depth"])


def _short_names(rows: pd.DataFrame, root: str) -> list[str]:
    names = [str(path).removeprefix(f"{root}.") for path in rows["path"]]
    return [
        f"{name} ({role})" if role and role not in name.replace("_", " ") else name
        for name, role in zip(names, rows["role"], strict=True)
    ]
