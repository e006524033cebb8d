"""Memory by layer as text."""

import pandas as pd

from samprof.analysis.scaling.part import part_of
from samprof.report.text.table import (
    Cells,
    Width,
    count_cells,
    layer_cells,
    table_text,
    wrapped,
)
from samprof.units import MEMORY_UNITS, Unit, common_unit, fixed_digits, memory_text

_SHOWN = ("peak_bytes", "rise_bytes", "kept_bytes", "workspace_bytes", "weights_bytes")


def memory_text_of(
    memory: pd.DataFrame, width: Width, *, depth: int | None = None, root: str | None = None
) -> str:
    """What each layer needs, and which one holds the peak.

    Args:
        memory: as `Trace.memory` gives it.
        width: columns of the terminal; None for GitHub markdown.
        depth: rows down to this depth; the holder of the peak is named wherever it is.
        root: rows of this path and inside it, from which the depth counts.
    """
    rows = part_of(memory, depth, root)
    columns = [layer_cells(rows, width), *memory_columns(rows)]
    head, end = wrapped(memory_head(rows, memory), width), wrapped(peak_text(memory), width)
    return f"{head}{table_text(columns, width)}\n{end}"


def memory_head(rows: pd.DataFrame, memory: pd.DataFrame) -> str:
    """What the numbers of these rows of the memory table are."""
    where = "host" if int(memory["device"].iloc[0]) < 0 else f"device {memory['device'].iloc[0]}"
    unit = _unit(rows).name
    return f"Memory by layer in {unit}, {where}; rise = kept + workspace, of its largest call"


def peak_text(memory: pd.DataFrame) -> str:
    """Which layer holds the peak, in a sentence."""
    holder = memory.loc[memory["holds_peak"]].iloc[0]
    return (
        f"The peak, {memory_text(holder['peak_bytes'])} beside what was there before, is in "
        f"{holder['path']}."
    )


def memory_columns(rows: pd.DataFrame) -> list[Cells]:
    """The columns of the memory table, but the layer's."""
    texts = iter(fixed_digits([value for name in _SHOWN for value in rows[name]], _unit(rows)))
    peak, rise, kept, workspace, weights = ([next(texts) for _ in rows["path"]] for _ in _SHOWN)
    return [
        Cells("calls", count_cells(rows["calls"]), 3),
        Cells("peak inside", peak, 9),
        Cells("rise", rise, 8),
        Cells("kept", kept, 7),
        Cells("workspace", workspace, 6),
        Cells("weights", weights, 5),
        Cells("holds the peak", ["yes" if held else "" for held in rows["holds_peak"]], 4),
    ]


def _unit(rows: pd.DataFrame) -> Unit:
    return common_unit((value for name in _SHOWN for value in rows[name]), MEMORY_UNITS)
