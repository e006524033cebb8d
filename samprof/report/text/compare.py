"""A comparison as text: for the terminal, and as a GitHub table for a pull request."""

import numpy as np
import pandas as pd

from samprof.analysis.compare.changes import for_readers
from samprof.analysis.scaling.axis import BATCH_SIZE, Axis
from samprof.analysis.scaling.part import part_of
from samprof.report.text.changes import changes_text
from samprof.report.text.one_sided import outermost
from samprof.report.text.scaling import interval_texts
from samprof.report.text.sides import LETTERS, Names, headers_of, named
from samprof.report.text.table import (
    Cells,
    Width,
    layer_cells,
    table_text,
    text_cells,
    time_columns,
    wrapped,
)
from samprof.units import TIME_SOURCES, Unit, common_unit

_BATCH = BATCH_SIZE
_TIME_SOURCES = {"wall": "wall time", **TIME_SOURCES}


def compare_text(
    table: pd.DataFrame,
    width: Width,
    names: Names = LETTERS,
    depth: int | None = None,
    axis: Axis = _BATCH,
) -> str:
    """The comparison as text, no wider than `width`: the rows, and what changed in sentences.

    Args:
        table: as `samprof.analysis.compare.runs.compare_layers` gives it.
        width: columns of the terminal; None for GitHub markdown.
        names: what the sides are called; long names are A and B in the table.
        depth: rows down to this one; by default all but those inside others that, as they do, only one
            side has. The sentences are about all of them.
        axis: what the batch sizes are.
    """
    table = for_readers(table)
    rows = outermost(table) if depth is None else part_of(table, depth)
    unit = _unit(table)
    columns = [layer_cells(rows, width), *_columns(rows, unit, headers_of(names), axis)]
    text = table_text(columns, width)
    head = _head(table, unit, names)
    end = changes_text(table, names, axis, folded=depth is None)
    return f"{wrapped(head, width)}{text}\n{wrapped(end, width)}"


def _columns(rows: pd.DataFrame, unit: Unit, headers: Names, axis: Axis) -> list[Cells]:
    """All columns but the layer's."""
    a, b, difference = time_columns([rows["a_ns"], rows["b_ns"], rows["difference_ns"]], unit)
    called = named(headers)
    signed = [
        f"+{text}" if value > 0 else text
        for text, value in zip(difference, rows["difference_ns"], strict=True)
    ]
    return [
        Cells("batch" if axis is _BATCH else axis.name, [str(size) for size in rows["size"]], 8),
        Cells(headers[0], a, 6),
        Cells(headers[1], b, 7),
        Cells("difference", signed, 4),
        Cells("ratio", [f"{r:.2f}" if np.isfinite(r) else "-" for r in rows["ratio"]], 10),
        Cells("95% CI", interval_cells(rows), 5),
        Cells("change", [called.get(text, text) for text in rows["change"]], 9, "left"),
        Cells("note", note_cells(rows, headers), 1, "left"),
    ]


def note_cells(rows: pd.DataFrame, names: Names) -> list[str]:
    """The notes, with the names of the sides."""
    called = named(names)
    return [
        "; ".join(called.get(part, part) for part in note.split("; "))
        for note in text_cells(rows["note"])
    ]


def interval_cells(rows: pd.DataFrame) -> list[str]:
    """The 95 % intervals of the ratios."""
    return interval_texts(rows["ratio_low"], rows["ratio_high"])


def _head(table: pd.DataFrame, unit: Unit, names: Names) -> str:
    """What is compared, and what the numbers are."""
    headers = headers_of(names)
    b, a = (
        header if name == header else f"{header} ({name})"
        for header, name in zip(headers[::-1], names[::-1], strict=True)
    )
    clocks = [
        words
        for time_source, words in _TIME_SOURCES.items()
        if time_source in set(table["time_source"])
    ]
    what = " and ".join(clocks) or "time"
    return f"{b} against {a}: {what} per forward, in {unit.name}; ratio {headers[1]} / {headers[0]}"


def _unit(table: pd.DataFrame) -> Unit:
    return common_unit([*table["a_ns"], *table["b_ns"]])
