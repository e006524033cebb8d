"""Runs, or variants of one, side by side: the page's section on what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from samprof.analysis.compare.causes import WALL
from samprof.analysis.compare.changes import ALL_SIZES, CHANGED, for_readers
from samprof.analysis.scaling.axis import Axis
from samprof.analysis.scaling.measured import NOISY, measured
from samprof.report.page.batching_charts import batching
from samprof.report.page.chart_parts import Drawing
from samprof.report.page.tables import Plain, Tree, plain, tree
from samprof.report.text.compare import interval_cells, note_cells
from samprof.report.text.sides import Names, named
from samprof.report.text.table import Cells, text_cells, time_columns
from samprof.units import common_unit, digits, memory_text, time_text


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides and how the second differs from the first.

    Attributes:
        names: of the sides.
        table: as `samprof.analysis.compare.runs.compare_layers` gives it; None where they cannot be
            compared.
        notes: what else differs, or why there is no table.
    """

    names: Names
    table: pd.DataFrame | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sides:
    """What a page compares.

    Attributes:
        points: name of a run or variant -> its points, as `Run.points` gives them.
        pairs: the first of them against each other one.
        axis: what the sizes count; None where the sides were swept over different things.
    """

    points: Mapping[str, pd.DataFrame]
    pairs: tuple[Comparison, ...]
    axis: Axis | None

    def charts(self) -> list[Drawing]:
        """Latency, throughput, speed-up and memory of all sides."""
        return [] if self.axis is None else batching(self.points, self.axis)

    def overview(self) -> Plain:
        """One row per side: its fastest size, with throughput, wall time and memory there."""
        rows = {name: _fastest(points) for name, points in self.points.items()}
        known = {name: row for name, row in rows.items() if row is not None}
        found = list(known.values())
        columns = [
            Cells("run or variant", list(known), justify="left"),
            Cells("wall time", [time_text(row["wall_ns"]) for row in found]),
            Cells("peak memory", [memory_text(row["peak_memory_bytes"]) for row in found]),
        ]
        if self.axis is not None and found:
            columns[1:1] = [
                Cells(f"fastest {self.axis.label}", [str(row["size"]) for row in found]),
                Cells(f"{self.axis.unit}s/s", [digits(row["units_per_s"]) for row in found]),
                Cells("speed-up", [_speedup(found[0], row) for row in found]),
            ]
        return plain(columns)


def _fastest(points: pd.DataFrame) -> pd.Series | None:
    ok = measured(points)
    return None if ok.empty else ok.sort_values("units_per_s").iloc[-1]


def _speedup(first: pd.Series, row: pd.Series) -> str:
    """The throughput over that of the first side; no number where one was measured beside other work."""
    if NOISY in (first["status"], row["status"]) and row is not first:
        return "undecided"
    return f"{row['units_per_s'] / first['units_per_s']:.2f}"


def changes_tree(table: pd.DataFrame, names: Names, axis: Axis) -> Tree:
    """One row per layer: the ratio over all sizes and at each, its interval, times at the largest size.

    Args:
        table: as `samprof.analysis.compare.runs.compare_layers` gives it.
        names: of the sides.
        axis: what the sizes count.
    """
    table = for_readers(table)
    sizes = table["size"].drop_duplicates().tolist()
    by_size = {size: table[table["size"] == size].set_index("path") for size in sizes}
    order = table.drop_duplicates("path").reset_index(drop=True)
    # The wall time is around everything: it heads the tree, and the layers are inside of it.
    order["depth"] = order["depth"].where(order["path"] == WALL, order["depth"] + 1)
    aligned = {size: rows.reindex(order["path"]) for size, rows in by_size.items()}
    size, last = list(aligned.items())[-1]
    over, pooled = next(iter(aligned.items()))
    unit = common_unit([*last["a_ns"], *last["b_ns"]])
    a, b, difference = time_columns([last["a_ns"], last["b_ns"], last["difference_ns"]], unit)
    at = f"{unit.name} at {axis.symbol.format(size)}"
    return tree(
        order,
        [
            Cells("role", text_cells(order["role"]), justify="left"),
            *(
                Cells(f"ratio at {_symbol(one, axis)}", _ratios(rows, names))
                for one, rows in aligned.items()
            ),
            Cells(f"95% CI at {_symbol(over, axis)}", interval_cells(pooled)),
            Cells(f"{names[0]}, {at}", a),
            Cells(f"{names[1]}, {at}", b),
            Cells("difference", difference),
            Cells("note", note_cells(pooled, names), justify="left"),
        ],
    )


def _symbol(size: object, axis: Axis) -> str:
    return "all sizes" if size == ALL_SIZES else axis.symbol.format(size)


def _ratios(rows: pd.DataFrame, names: Names) -> list[str]:
    """Each ratio, with a word where it is beyond noise or one side has no such layer."""
    said = {change: change for change in CHANGED} | named(names)
    texts = []
    for ratio, change in zip(rows["ratio"], text_cells(rows["change"]), strict=True):
        number = f"{ratio:.2f}" if ratio == ratio else "-"
        texts.append(f"{number} {said.get(change, '')}".strip().removeprefix("- "))
    return texts
