"""A picture of the time per unit in each layer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from samprof.report.png.canvas import canvas, png, title_above
from samprof.report.summary import Summary
from samprof.report.unit_times import unit_times
from samprof.units import common_unit


def layers_figure(summary: Summary, depth: int = 1) -> bytes:
    """Time per unit in each layer, one bar per size."""
    table, sizes = summary.scaling, summary.sizes
    rows = table[(table["depth"] <= depth) & _leaf_at(table, depth)]
    took_time = summary.times.loc[summary.times["unit_ns"] > 0, "path"]
    rows = rows[rows["path"].isin(took_time)]
    names = _short_names(rows, str(table["path"].iloc[0]))
    wide = unit_times(summary.times, rows["path"])
    values = np.array([times.to_numpy(dtype=float) for times in wide.values()])
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
        axes.set_xlabel(f"{summary.time_name}, {unit.name} per {summary.axis.unit}")
        axes.set_title(f"Time per {summary.axis.unit} by layer and {summary.axis.label}")
        axes.legend(title=summary.axis.label, frameon=False, loc="best")
        title_above(figure, summary.title)
        return png(figure)


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
