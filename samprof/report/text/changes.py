"""What changed between two sides, in sentences."""

from typing import Any

import numpy as np
import pandas as pd

from samprof.analysis.compare.causes import WALL, causes
from samprof.analysis.compare.changes import (
    CHANGED,
    FEWEST_PROCESSES,
    ONE_SIDED,
    ONLY_IN_A,
    ONLY_IN_B,
    TOO_FEW,
    overall,
    why_undecided,
)
from samprof.analysis.compare.runs import REGION_IN_A, REGION_IN_B
from samprof.analysis.scaling.axis import BATCH_SIZE, Axis
from samprof.analysis.scaling.scaling import WIDE
from samprof.report.text.one_sided import one_sided_text
from samprof.report.text.sides import LETTERS, Names, headers_of, size_text
from samprof.units import time_text

_BATCH = BATCH_SIZE
_MOST_NAMED = 3


def changes_text(
    table: pd.DataFrame, names: Names = LETTERS, axis: Axis = _BATCH, *, folded: bool = False
) -> str:
    """What changed, in sentences: how many rows, the largest changes at their cause, and caveats.

    Args:
        table: as `samprof.analysis.compare.runs.compare_layers` gives it.
        names: what the sides are called.
        axis: what the batch sizes are.
        folded: beside a table without the rows inside others that only one side has.
    """
    table = overall(table)
    change, notes = table["change"], table["note"]
    both = ~change.isin(ONE_SIDED)
    total = int(both.sum())
    few = int(notes.str.contains(TOO_FEW, regex=False).sum())
    why = why_undecided(table)
    sentences = [f"Undecided, because {why}."] if why else []
    if not why and (few < total or not total):
        sentences.append(_changed(table, int(change.isin(CHANGED).sum()), total, axis))
    if few and not why:
        sentences.append(
            f"{_rows(few)} with fewer than {FEWEST_PROCESSES} processes cannot be told from noise."
        )
    if len(table) and not (both & (table["path"] != WALL)).any():
        sentences.append("They have no layer in common.")
    sides = zip(headers_of(names), (ONLY_IN_A, ONLY_IN_B), (REGION_IN_A, REGION_IN_B), strict=True)
    for header, alone, region in sides:
        if count := one_sided_text(table, alone, header, folded=folded):
            sentences.append(count)
        regions = table.loc[notes.str.contains(region, regex=False), "path"].unique().tolist()
        if regions:
            verb = "is" if len(regions) == 1 else "are"
            names_of = listed([str(path) for path in regions])
            sentences.append(f"{names_of} {verb} not split by layer in {header}.")
    sentences += _doubts(table, axis)
    return " ".join(sentences)


def row_text(row: pd.Series, axis: Axis = _BATCH) -> str:
    """A row in a line: layer, size, ratio and its interval.

    Example:
        >>> row = {"path": "net", "size": 2, "ratio": 2, "ratio_low": 1.5, "ratio_high": 2.2}
        >>> row_text(pd.Series(row))
        'net at batch 2: 2.00x (95% CI 1.50-2.20)'
    """
    low, high = row["ratio_low"], row["ratio_high"]
    interval = f" (95% CI {low:.2f}-{high:.2f})" if low == low else ""
    return f"{row['path']} at {size_text(row['size'], axis)}: {_times(row['ratio'])}{interval}"


def _changed(table: pd.DataFrame, changed: int, total: int, axis: Axis) -> str:
    if not changed:
        return f"None of {_rows(total)} changed beyond noise."
    found = causes(table).drop_duplicates("path")  # of each layer its largest change
    named = [_cause(row, axis) for _, row in found.head(_MOST_NAMED).iterrows()]
    if len(found) > _MOST_NAMED:
        named.append(f"and {len(found) - _MOST_NAMED} more")
    return f"{changed} of {_rows(total)} changed beyond noise: {', '.join(named)}."


def _doubts(table: pd.DataFrame, axis: Axis) -> list[str]:
    """Sizes at which the wall time itself is too noisy to tell a change from the machine."""
    walls = table[table["path"] == WALL]
    half = (walls["ratio_high"] - walls["ratio_low"]) / 2
    doubted = walls[half > WIDE * walls["ratio"]].head(1)
    return [
        f"Treat this with caution: at {size_text(size, axis)} processes differ so much that the ratio "
        f"of the wall times may be anywhere from {low:.2f} to {high:.2f}; measure on a quieter machine."
        for size, low, high in zip(
            doubted["size"], doubted["ratio_low"], doubted["ratio_high"], strict=True
        )
    ]


def _cause(row: Any, axis: Axis) -> str:
    difference = float(row["difference_ns"])
    signed = f"{'+' if difference > 0 else ''}{time_text(difference)}"
    return f"{row['path']} {_times(row['ratio'])} at {size_text(row['size'], axis)} ({signed})"


def _times(ratio: float) -> str:
    return f"{ratio:.2f}x" if np.isfinite(ratio) else "no time before"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def listed(paths: list[str]) -> str:
    """The first of these names, and how many more there are, in words."""
    shown = paths if len(paths) <= _MOST_NAMED else paths[: _MOST_NAMED - 1]
    rest = len(paths) - len(shown)
    parts = [*shown, f"{rest} more"] if rest else shown
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
