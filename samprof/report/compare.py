"""A comparison as text: for the terminal, and as a GitHub table for a pull request."""

from typing import Any

import numpy as np
import pandas as pd
from rich.cells import cell_len

from samprof.analysis.axis import AXES, BATCH_SIZE, Axis
from samprof.analysis.compare import (
    CHANGED,
    FEWEST_REPEATS,
    ONLY_IN_A,
    ONLY_IN_B,
    REGION_IN_A,
    REGION_IN_B,
    TOO_FEW,
    WALL,
    causes,
)
from samprof.analysis.scaling import WIDE
from samprof.report.table import (
    Cells,
    Width,
    count_cells,
    layer_cells,
    shown_rows,
    table_text,
    text_cells,
    time_columns,
    wrapped,
)
from samprof.units import Unit, common_unit, time_text

Names = tuple[str, str]
LETTERS: Names = ("A", "B")
_BATCH = AXES[BATCH_SIZE]
_CLOCKS = {"wall": "wall time", "device": "device time", "cpu": "CPU time"}
_LONGEST_HEADER = 12
_MOST_NAMED = 3


def compare_text(
    table: pd.DataFrame,
    width: Width,
    names: Names = LETTERS,
    depth: int | None = None,
    axis: Axis = _BATCH,
) -> str:
    """The comparison as text, no wider than `width`: the rows, and what changed in sentences.

    Args:
        table: as `samprof.analysis.compare.compare_layers` gives it.
        width: columns of the terminal; None for GitHub markdown.
        names: what the sides are called; long names are A and B in the table.
        depth: rows down to this one; the sentences are about all of them.
        axis: what the batch sizes are.
    """
    rows, unit = shown_rows(table, depth), _unit(table)
    columns = [layer_cells(rows, width), *_columns(rows, unit, _headers(names), axis)]
    text = table_text(columns, width)
    head, end = _head(table, unit, names), changes_text(table, names, axis)
    return f"{wrapped(head, width)}{text}\n{wrapped(end, width)}"


def changes_text(table: pd.DataFrame, names: Names = LETTERS, axis: Axis = _BATCH) -> str:
    """What changed, in sentences: how many rows, the largest changes at their cause, and doubts."""
    change, notes = table["change"], table["note"]
    total = int((~change.isin([ONLY_IN_A, ONLY_IN_B])).sum())
    few = int(notes.str.contains(TOO_FEW, regex=False).sum())
    sentences = [_changed(table, int(change.isin(CHANGED).sum()), total, axis)]
    if few:
        sentences.append(
            f"{_rows(few)} with fewer than {FEWEST_REPEATS} repeats cannot be told from noise."
        )
    sides = zip(_headers(names), (ONLY_IN_A, ONLY_IN_B), (REGION_IN_A, REGION_IN_B), strict=True)
    for header, alone, region in sides:
        count = int((change == alone).sum())
        if count:
            sentences.append(f"{_rows(count)} {'is' if count == 1 else 'are'} only in {header}.")
        regions = table.loc[notes.str.contains(region, regex=False), "path"].unique().tolist()
        if regions:
            listed = _listed([str(path) for path in regions])
            verb = "is" if len(regions) == 1 else "are"
            sentences.append(f"{listed} {verb} not split by layer in {header}.")
    sentences += _doubts(table, axis)
    return " ".join(sentences)


def row_text(row: pd.Series, axis: Axis = _BATCH) -> str:
    """A row in a line: layer, batch size, ratio and its interval.

    Example:
        >>> row = {"path": "net", "batch_size": 2, "ratio": 2, "ratio_low": 1.5, "ratio_high": 2.2}
        >>> row_text(pd.Series(row))
        'net at batch 2: 2.00 times (95% interval 1.50 to 2.20)'
    """
    low, high = row["ratio_low"], row["ratio_high"]
    interval = f" (95% interval {low:.2f} to {high:.2f})" if low == low else ""
    return f"{row['path']} at {axis.text(row['batch_size'])}: {_times(row['ratio'])}{interval}"


def _columns(rows: pd.DataFrame, unit: Unit, headers: Names, axis: Axis) -> list[Cells]:
    """All columns but the layer's."""
    a, b, difference = time_columns([rows["a_ns"], rows["b_ns"], rows["difference_ns"]], unit)
    called = named(headers)
    signed = [
        f"+{text}" if value > 0 else text
        for text, value in zip(difference, rows["difference_ns"], strict=True)
    ]
    return [
        Cells("batch" if axis is _BATCH else axis.name, count_cells(rows["batch_size"]), 8),
        Cells(headers[0], a, 6),
        Cells(headers[1], b, 7),
        Cells("difference", signed, 4),
        Cells("ratio", [f"{r:.2f}" if np.isfinite(r) else "-" for r in rows["ratio"]], 10),
        Cells("interval (95 %)", interval_cells(rows), 5),
        Cells("change", [called.get(text, text) for text in rows["change"]], 9, "left"),
        Cells("note", note_cells(rows, headers), 1, "left"),
    ]


def named(names: Names) -> dict[str, str]:
    """What is said of one side, with its name."""
    return {
        ONLY_IN_A: f"only in {names[0]}",
        ONLY_IN_B: f"only in {names[1]}",
        REGION_IN_A: REGION_IN_A.replace(" a:", f" {names[0]}:"),
        REGION_IN_B: REGION_IN_B.replace(" b:", f" {names[1]}:"),
    }


def note_cells(rows: pd.DataFrame, names: Names) -> list[str]:
    """The notes, with the names of the sides."""
    called = named(names)
    return [
        "; ".join(called.get(part, part) for part in note.split("; "))
        for note in text_cells(rows["note"])
    ]


def interval_cells(rows: pd.DataFrame) -> list[str]:
    """The 95 % intervals of the ratios."""
    return [
        f"{low:.2f} to {high:.2f}" if low == low else "-"
        for low, high in zip(rows["ratio_low"], rows["ratio_high"], strict=True)
    ]


def _head(table: pd.DataFrame, unit: Unit, names: Names) -> str:
    """What is compared, and what the numbers are."""
    headers = _headers(names)
    b, a = (
        header if name == header else f"{header} ({name})"
        for header, name in zip(headers[::-1], names[::-1], strict=True)
    )
    clocks = [words for clock, words in _CLOCKS.items() if clock in set(table["clock"])]
    what = " and ".join(clocks) or "time"
    return (
        f"{b} against {a}: {what} of a forward, in {unit.name}; ratio {headers[1]} / {headers[0]}"
    )


def _headers(names: Names) -> Names:
    """The names if they are short enough to stand above a column, else letters."""
    short = all(cell_len(name) <= _LONGEST_HEADER for name in names)
    return names if short and names[0] != names[1] else LETTERS


def _unit(table: pd.DataFrame) -> Unit:
    return common_unit([*table["a_ns"], *table["b_ns"]])


def _changed(table: pd.DataFrame, changed: int, total: int, axis: Axis) -> str:
    if not changed:
        return f"None of {_rows(total)} changed beyond noise."
    found = causes(table).drop_duplicates("path")  # of each layer its largest change
    named = [_cause(row, axis) for _, row in found.head(_MOST_NAMED).iterrows()]
    if len(found) > _MOST_NAMED:
        named.append(f"and {len(found) - _MOST_NAMED} more")
    return f"{changed} of {_rows(total)} changed beyond noise: {', '.join(named)}."


def _doubts(table: pd.DataFrame, axis: Axis) -> list[str]:
    """Where even the whole forward is known so badly that whatever changed may be the machine."""
    walls = table[table["path"] == WALL]
    half = (walls["ratio_high"] - walls["ratio_low"]) / 2
    doubted = walls[half > WIDE * walls["ratio"]].head(1)
    return [
        f"Take this with care: at {axis.text(size)} the repeats spread so widely that the ratio of "
        f"the wall times lies anywhere from {low:.2f} to {high:.2f}; measure on a quieter machine."
        for size, low, high in zip(
            doubted["batch_size"], doubted["ratio_low"], doubted["ratio_high"], strict=True
        )
    ]


def _cause(row: Any, axis: Axis) -> str:
    difference = float(row["difference_ns"])
    signed = f"{'+' if difference > 0 else ''}{time_text(difference)}"
    return f"{row['path']} {_times(row['ratio'])} at {axis.text(row['batch_size'])} ({signed})"


def _times(ratio: float) -> str:
    return f"{ratio:.2f} times" if np.isfinite(ratio) else "no time before"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _listed(paths: list[str]) -> str:
    shown = paths if len(paths) <= _MOST_NAMED else paths[: _MOST_NAMED - 1]
    rest = len(paths) - len(shown)
    parts = [*shown, f"{rest} more"] if rest else shown
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
