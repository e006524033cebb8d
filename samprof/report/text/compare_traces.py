"""A comparison of two traces as text: for the terminal, and as a GitHub table."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
from rich.cells import cell_len

from samprof.analysis.compare.changes import ONLY_IN_A, ONLY_IN_B
from samprof.analysis.compare.largest_differences import largest_differences
from samprof.analysis.compare.runs import REGION_IN_A, REGION_IN_B
from samprof.analysis.compare.traces import TraceComparison
from samprof.analysis.scaling.part import part_of
from samprof.report.text.changes import listed
from samprof.report.text.one_sided import one_sided_text, outermost
from samprof.report.text.sides import Names, named
from samprof.report.text.table import (
    Cells,
    Width,
    layer_cells,
    table_text,
    text_cells,
    time_columns,
    wrapped,
)
from samprof.trace.model.names import OWNERLESS_NAMES
from samprof.units import TIME_SOURCES, Unit, common_unit, time_text

_SMALL = 0.001
"""Ops that take less than this part of the time on both sides are one row."""
_MOST_NAMED = 5
_LONGEST_PATH = 60
_ROOMY = 120
"""Columns of a terminal in which there is room for more than what differs."""


def trace_comparison_text(
    comparison: TraceComparison,
    width: Width,
    paths: Names,
    depth: int | None = None,
    root: str | None = None,
) -> str:
    """The comparison as text, no wider than `width`.

    Args:
        comparison: what to show.
        width: columns of the terminal; None for GitHub markdown.
        paths: where the sides are.
        depth: rows down to this one; by default all but those inside others that, as they do, only one
            side has.
        root: this row and those inside only; the depth counts from it.
    """
    table = comparison.table
    whole = comparison.by == "op" and root is None
    folded = depth is None and comparison.by != "op"
    rows = _without_small(table) if whole else part_of(table, depth, root)
    rows = outermost(rows) if folded else rows
    unit = common_unit([*rows["a_ns"], *rows["b_ns"]])
    label = layer_cells(rows, width)
    if comparison.by == "op":
        label = replace(label, header="op")
    columns = [label, *_columns(rows, unit, comparison)]
    if width is None or width >= _ROOMY:
        columns += _more_columns(rows, comparison.names)
    text = table_text(columns, width)
    above = [_head(comparison, unit, paths), *comparison.above]
    below = [_sentences(comparison, folded=folded), comparison.accounting, *comparison.below]
    lines = ["".join(wrapped(line, width) for line in part) for part in (above, below)]
    return f"{lines[0]}{text}\n{lines[1]}"


def _columns(rows: pd.DataFrame, unit: Unit, comparison: TraceComparison) -> list[Cells]:
    """All columns but the layer's."""
    difference, a, b, own = time_columns(
        [rows["difference_ns"], rows["a_ns"], rows["b_ns"], rows["self_difference_ns"]], unit
    )
    names, called = comparison.names, named(comparison.names)
    alone = [called.get(change, "") for change in rows["change"]]
    ratio = [f"{value:.2f}" if np.isfinite(value) else "-" for value in rows["ratio"]]
    columns = [
        Cells("difference", _signed(difference, rows["difference_ns"]), 9),
        Cells(names[0], a, 8),
        Cells(names[1], b, 8),
        Cells("ratio", [one or other for one, other in zip(alone, ratio, strict=True)], 7),
    ]
    columns += _shared_columns(rows, unit, names)
    if comparison.by != "op":
        columns.append(Cells("self diff.", _signed(own, rows["self_difference_ns"]), 4))
    for name, side in zip("ab", names, strict=True):
        if f"{name}_least_ns" in rows:
            columns.append(Cells(f"ranks of {side}", _spread(rows, name, unit), 3))
    return [
        *columns,
        Cells("kernels", text_cells(rows["kernels"]), 6, "left", flexible=True, least=20),
    ]


def _shared_columns(rows: pd.DataFrame, unit: Unit, names: Names) -> list[Cells]:
    """What layers share with others in kernels that were made from several; of sides that have such."""
    sides = [(f"{letter}_shared_ns", name) for letter, name in zip("ab", names, strict=True)]
    sides = [(column, name) for column, name in sides if column in rows]
    texts = time_columns([rows["a_ns"], rows["b_ns"], *(rows[one] for one, _ in sides)], unit)
    return [
        Cells(
            f"shared in {name}",
            [text if time else "-" for text, time in zip(cells, rows[column], strict=True)],
            5,
        )
        for (column, name), cells in zip(sides, texts[2:], strict=True)
    ]


def _more_columns(rows: pd.DataFrame, names: Names) -> list[Cells]:
    """What is shown where there is room."""
    notes = [_with_names(note, names) for note in text_cells(rows["note"])]
    return [
        Cells("calls", _calls(rows), 2),
        Cells("note", notes, 1, "left", flexible=True, least=24),
    ]


def _with_names(note: str, names: Names) -> str:
    """A note, with the names of the sides."""
    called = named(names)
    parts = [called.get(part, part) for part in note.split("; ")]
    for letter, name in zip("ab", names, strict=True):
        parts = [re.sub(f"^in {letter}: ", f"in {name}: ", part) for part in parts]
    return "; ".join(parts)


def _signed(texts: list[str], values: pd.Series) -> list[str]:
    """With a sign, unless all digits are zero."""
    return [
        text.lstrip("-") if not text.strip("-0.") else f"+{text}" if value > 0 else text
        for text, value in zip(texts, values, strict=True)
    ]


def _spread(rows: pd.DataFrame, name: str, unit: Unit) -> list[str]:
    """The times of the ranks, from the least to the most."""
    columns = (f"{name}_least_ns", f"{name}_most_ns", "a_ns", "b_ns", "difference_ns")
    least, most, *_ = time_columns([rows[column] for column in columns], unit)
    return [low if low == high else f"{low}-{high}" for low, high in zip(least, most, strict=True)]


def _calls(rows: pd.DataFrame) -> list[str]:
    """How often the rows ran in the whole files."""
    pairs = zip(rows["a_calls"].astype(int), rows["b_calls"].astype(int), strict=True)
    return [str(a) if a == b else f"{a}->{b}" for a, b in pairs]


def _without_small(table: pd.DataFrame) -> pd.DataFrame:
    """The ops, with those that hardly take time as one row, so that the rows still add up."""
    shares = table[["share", "b_share"]].max(axis=1).fillna(0)
    small = ((shares < _SMALL) & ~table["path"].isin(OWNERLESS_NAMES)).to_numpy()
    if small.sum() < 2:
        return table
    rest = table[small]
    sums = rest.sum(numeric_only=True)
    row = {
        name: sums[name] for name in table.columns if name.endswith(("_ns", "_calls", "_kernels"))
    }
    row |= {"path": f"({int(small.sum())} other ops)", "depth": 0, "change": "", "note": ""}
    row |= {"ratio": row["b_ns"] / row["a_ns"] if row["a_ns"] else np.nan, "kernels": ""}
    return pd.concat([table[~small], pd.DataFrame([row])], ignore_index=True)


def _head(comparison: TraceComparison, unit: Unit, paths: Names) -> str:
    """What is compared, and what the numbers are."""
    names = comparison.names
    sides = [
        name if name == path else f"{name} ({path})"
        for name, path in zip(names, paths, strict=True)
    ]
    times = dict.fromkeys(TIME_SOURCES[side.time_source] for side in comparison.sides)
    per = f" per {comparison.per}" if comparison.per else ""
    what = f"{' and '.join(times)}{per}, in {unit.name}"
    return f"{sides[1]} against {sides[0]}: {what}; ratio {names[1]} / {names[0]}"


def _sentences(comparison: TraceComparison, *, folded: bool) -> str:
    """The whole, where the difference comes from, and what only one side has."""
    table, (a, b) = comparison.table, comparison.names
    before, after = _wholes(comparison)
    ratio = f" ({after / before:.2f}x)" if before else ""
    parts = [
        f"In all {time_text(before)} in {a} and {time_text(after)} in {b}, "
        f"{_difference(after - before)}{ratio}."
    ]
    found = largest_differences(table)
    if len(found):
        named_rows = [_row(row, comparison) for _, row in found.head(_MOST_NAMED).iterrows()]
        parts.append(f"Largest differences: {', '.join(named_rows)}.")
    kernels = [int(side.kernels["count"].sum()) for side in comparison.sides]
    if all(kernels):
        one, other = (set(side.kernels["kernel"]) for side in comparison.sides)
        parts.append(
            f"Device activities: {kernels[0]} in {a}, {kernels[1]} in {b}; kernels: {len(one - other)} "
            f"only in {a}, {len(other - one)} only in {b}, {len(one & other)} in both."
        )
    for name, change in ((a, ONLY_IN_A), (b, ONLY_IN_B)):
        if count := one_sided_text(table, change, name, folded=folded):
            parts.append(count)
    for letter, name in zip("ab", (a, b), strict=True):
        shared = table.get(f"{letter}_shared_ns", pd.Series(dtype=float))
        if shared.any():
            parts.append(
                f"In {name} kernels were made from several layers: they are rows of their own, and a "
                "layer took its own time and a part of what it shares with others."
            )
    for name, region in ((a, REGION_IN_A), (b, REGION_IN_B)):
        held = table.loc[table["note"].str.contains(region, regex=False), "path"].tolist()
        if held:
            verb = "is" if len(held) == 1 else "are"
            parts.append(f"{listed(list(map(_named, held)))} {verb} not split by layer in {name}.")
    return " ".join(parts)


def _wholes(comparison: TraceComparison) -> tuple[float, float]:
    """All time of both sides, per what the times are of."""
    from samprof.analysis.compare.trace_differences import divisors_of

    divisors = divisors_of(*comparison.sides)
    a, b = (side.found_ns / count for side, count in zip(comparison.sides, divisors, strict=True))
    return a, b


def _row(row: pd.Series, comparison: TraceComparison) -> str:
    alone = named(comparison.names).get(str(row["change"]))
    how = alone or (f"{row['ratio']:.2f}x" if np.isfinite(row["ratio"]) else "no time before")
    return f"{_named(str(row['path']))} {_difference(row['difference_ns'])} ({how})"


def _named(path: str) -> str:
    """A path in a sentence: of a long one the end."""
    last = path.rpartition(" > ")[2]
    return path if cell_len(path) <= _LONGEST_PATH or last == path else f"... > {last}"


def _difference(ns: float) -> str:
    return f"{'+' if ns > 0 else ''}{time_text(ns)}"
