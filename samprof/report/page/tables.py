"""The tables of the page as plain rows of text, ready for its template."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from samprof.report.summary import Summary
from samprof.report.text.components import speedup_cells
from samprof.report.text.points import points_columns
from samprof.report.text.scaling import scaling_columns
from samprof.report.text.table import Cells, count_cells, text_cells, time_columns
from samprof.trace.model.names import tree_labels
from samprof.units import common_unit


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a tree.

    Attributes:
        label: what its path adds to that of the row around it.
        path: whole.
        depth: in the tree.
        cells: texts, behind the label.
    """

    label: str
    path: str
    depth: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """A table whose rows are a tree: it can be sorted, searched and folded.

    Attributes:
        columns: behind that of the labels.
        rows: from the outermost in.
    """

    columns: tuple[Cells, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Plain:
    """A table as it stands; the first column names the rows."""

    columns: tuple[Cells, ...]
    rows: tuple[tuple[str, ...], ...]


def tree(table: pd.DataFrame, columns: Sequence[Cells]) -> Tree:
    """Rows of a table with path and depth, with columns beside them; empty columns left out."""
    shown = _with_something(columns)
    cells = zip(*(column.values for column in shown), strict=True)
    labels = (label.strip() for label in tree_labels(table["path"], table["depth"]))
    places = zip(labels, table["path"], table["depth"], cells, strict=True)
    rows = (Row(label, str(path), int(depth), tuple(own)) for label, path, depth, own in places)
    return Tree(shown, tuple(rows))


def plain(columns: Sequence[Cells]) -> Plain:
    """A table of columns; empty columns left out."""
    shown = _with_something(columns)
    return Plain(shown, tuple(zip(*(column.values for column in shown), strict=True)))


def scaling_tree(summary: Summary) -> Tree:
    """Time per unit in each layer at each size, and how it grows."""
    table, axis = summary.scaling, summary.axis
    columns = scaling_columns(table, summary.times, axis)
    largest = axis.symbol.format(max(summary.sizes, default=0))
    share = Cells(f"share at {largest}", _shares(table))
    sizes = len(summary.sizes)
    return tree(table, [*columns[:sizes], share, *columns[sizes:]])


def grows(summary: Summary) -> bool:
    """Whether several sizes were measured, so that there is something to say on growth."""
    return len(summary.sizes) > 1


def points_table(summary: Summary) -> Plain:
    """What was measured at each size, of each variant."""
    return plain(points_columns(summary.points, summary.axis))


def component_tables(summary: Summary) -> dict[str, Plain]:
    """Variant -> host, waits and device of each component at the largest size."""
    tables = {}
    for variant, table in summary.components.items():
        unit = common_unit([table["host_ns"].max(), table["device_ns"].max()])
        times = [table["host_ns"], table["wait_ns"], table["device_ns"]]
        host, wait, device = time_columns(times, unit)
        has_device = bool(table[["wait_ns", "device_ns"]].to_numpy().any())
        tables[variant] = plain(
            [
                Cells("component", text_cells(table["component"]), justify="left"),
                Cells("calls", count_cells(table["calls"])),
                Cells(f"host, {unit.name}", host),
                *([Cells("waits inside", wait), Cells("device", device)] if has_device else []),
                *_speedups(summary, variant, table),
                Cells("share of host time", [f"{value:.1%}" for value in table["share"]]),
            ]
        )
    return tables


def _speedups(summary: Summary, variant: str, table: pd.DataFrame) -> list[Cells]:
    """The speed-up of each component over the first variant, with its interval."""
    found = summary.component_speedups.get(variant)
    if found is None:
        return []
    first = next(iter(summary.components))
    return [Cells(f"speed-up over {first} (95% CI)", speedup_cells(found, table["component"]))]


def commands_text(summary: Summary) -> list[str]:
    """The commands that repeat the run, one per line; none where they are not known."""
    if summary.commands:
        return [shlex.join(words) for words in summary.commands]
    asked = summary.asked
    module = summary.target.get("module", "")
    if not module or "factory" in asked.get("target", {}):
        return []
    counts = ", ".join(
        f"{name}={asked[name]!r}"
        for name in ("repeats", "warmup", "granularity")
        if asked.get(name) is not None
    )
    return [
        f"samprof.sweep({module}(...), inputs, {asked.get('sizes')}, {counts}, {variant=})"
        for variant in asked.get("variants", ["eager"])
    ]


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested values as lines: name -> text; empty values are left out.

    Example:
        >>> flat({"device": "cpu", "packages": {"torch": "2.12", "ray": None}, "sizes": [1, 2]})
        {'device': 'cpu', 'packages torch': '2.12', 'sizes': '1, 2'}
    """
    lines: dict[str, str] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            lines |= flat(value, f"{name} ")
        elif value not in ("", None):
            lines[name] = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return lines


def _with_something(columns: Sequence[Cells]) -> tuple[Cells, ...]:
    return tuple(column for column in columns if any(text.strip("-") for text in column.values))


def _shares(table: pd.DataFrame) -> list[str]:
    """The part of the outermost rows' time at the largest size that each row takes."""
    times = table["unit_ns_largest"]
    whole = float(times[table["depth"] == 0].sum())
    return [f"{value / whole:.1%}" if whole > 0 else "-" for value in times]
