"""The scaling table as text: time per unit in each layer at each size, and how it grows."""

from collections.abc import Mapping

import pandas as pd

from samprof.analysis.device.roofline import UNKNOWN
from samprof.analysis.scaling.axis import BATCH_SIZE, Axis
from samprof.analysis.scaling.part import part_of
from samprof.report.text.table import (
    Cells,
    Width,
    layer_cells,
    table_text,
    text_cells,
    time_cells,
    time_columns,
    wrapped,
)
from samprof.report.unit_times import unit_times
from samprof.report.words import TIME_NAMES
from samprof.units import Unit, common_unit


def scaling_text(
    scaling: pd.DataFrame,
    times: pd.DataFrame,
    width: Width,
    *,
    depth: int | None = None,
    root: str | None = None,
    axis: Axis = BATCH_SIZE,
) -> str:
    """The scaling table: time per unit in each layer at each size, and how it grows.

    Args:
        scaling: as `samprof.analysis.scaling.scaling.scaling_table` gives it.
        times: as `samprof.analysis.scaling.scaling.times_by_size` gives them, of the same layers.
        width: columns of the terminal; None for GitHub markdown.
        depth: rows down to this one.
        root: rows of this path and inside it, from which the depth counts.
        axis: what the sizes count.
    """
    rows = part_of(scaling, depth, root)
    columns = [layer_cells(rows, width), *scaling_columns(rows, times, axis)]
    return wrapped(scaling_head(rows, times, axis), width) + table_text(columns, width)


def scaling_head(rows: pd.DataFrame, times: pd.DataFrame, axis: Axis) -> str:
    """What the numbers of the scaling table are."""
    wide = unit_times(times, rows["path"])
    sources = set(rows["time_source"])
    time_source = TIME_NAMES["device" if "device" in sources else min(sources, default="cpu")]
    growth = ""
    if len(wide) > 1:
        first, *_, last = wide
        growth = f"; speed-up from {axis.symbol.format(first)} to {axis.symbol.format(last)}"
    return f"{time_source} per {axis.unit} by {axis.label}, in {_unit(wide).name}{growth}"


def scaling_columns(rows: pd.DataFrame, times: pd.DataFrame, axis: Axis) -> list[Cells]:
    """The columns of the scaling table, but the layer's."""
    wide = unit_times(times, rows["path"])
    unit = _unit(wide)
    ends = (min(wide, default=0), max(wide, default=0))
    return [
        *(
            Cells(axis.symbol.format(size), column, 10 if size in ends else 6)
            for size, column in zip(wide, time_columns(list(wide.values()), unit), strict=True)
        ),
        *(speedup_cells(rows) if len(wide) > 1 else []),
        Cells(
            "bound", ["" if one == UNKNOWN else one for one in text_cells(rows["bound"])], 4, "left"
        ),
        Cells("role", text_cells(rows["role"]), 5, "left"),
        Cells("note", text_cells(rows["note"]), 3, "left"),
        Cells("fixed", time_cells(rows["fixed_ns"], unit), 2),
        Cells("marginal", time_cells(rows["per_unit_ns"], unit), 2),
        Cells("exponent", _exponents(rows), 1),
    ]


def speedup_cells(rows: pd.DataFrame) -> list[Cells]:
    """The speed-up from the smallest to the largest size, its interval, and the class."""
    return [
        Cells("speed-up", [f"{one:.2f}" if one == one else "-" for one in rows["speedup"]], 8),
        Cells("95% CI", interval_texts(rows["speedup_low"], rows["speedup_high"]), 6),
        Cells("class", text_cells(rows["class"]), 7, "left"),
    ]


def interval_texts(low: pd.Series, high: pd.Series) -> list[str]:
    """Intervals as `1.30-1.50`; a dash where there is none."""
    return [f"{a:.2f}-{b:.2f}" if a == a else "-" for a, b in zip(low, high, strict=True)]


def _unit(wide: Mapping[int, pd.Series]) -> Unit:
    return common_unit(value for times in wide.values() for value in times)


def _exponents(rows: pd.DataFrame) -> list[str]:
    ends = interval_texts(rows["exponent_low"], rows["exponent_high"])
    return [
        f"{p:.2f} ({interval})" if p == p and interval != "-" else f"{p:.2f}" if p == p else "-"
        for p, interval in zip(rows["exponent"], ends, strict=True)
    ]
