"""The layer table of a trace as text."""

import pandas as pd

from samprof.analysis.compare.per_call import calls_in, per_call
from samprof.analysis.scaling.part import part_of
from samprof.report.text.table import (
    Cells,
    Width,
    count_cells,
    layer_cells,
    table_text,
    text_cells,
    time_cells,
    time_columns,
    wrapped,
)
from samprof.report.words import TIME_NAMES
from samprof.units import Unit, common_unit, memory_text


def layers_text(
    layers: pd.DataFrame,
    width: Width,
    *,
    time_source: str,
    depth: int | None = None,
    root: str | None = None,
    sums: bool = False,
) -> str:
    """The layer table of a trace, as the mean of its calls.

    Args:
        layers: as `Trace.layers` gives it.
        width: columns of the terminal; None for GitHub markdown.
        time_source: whose times: device or cpu.
        depth: rows down to this one; shares are those of the whole trace all the same.
        root: rows of this path and inside it, from which the depth counts.
        sums: over all calls, instead of their mean.
    """
    whole = calls_in(layers, time_source)
    count = 1 if sums else whole.number
    layers = layers if count == 1 else per_call(layers, count)
    rows = part_of(layers, depth, root)
    columns = [layer_cells(rows, width), *layers_columns(rows, layers, time_source)]
    head = layers_head(rows, time_source)
    if count > 1:
        unit = _unit(rows, time_source).name
        head = f"{TIME_NAMES[time_source]} per call of {whole.path}, in {unit}: the mean of {count}"
    elif whole.number > 1:
        head += f", the sum of {whole.number} calls of {whole.path}"
    return wrapped(head, width) + table_text(columns, width)


def layers_head(rows: pd.DataFrame, time_source: str) -> str:
    """What the times of the layer table are."""
    return f"{TIME_NAMES[time_source]} in {_unit(rows, time_source).name}"


def layers_columns(rows: pd.DataFrame, layers: pd.DataFrame, time_source: str) -> list[Cells]:
    """The columns of the layer table, but the layer's.

    Args:
        rows: of the table, those that are shown.
        layers: all of them, whose time is the whole.
        time_source: as in `layers_text`.
    """
    total, own = rows[f"{time_source}_total_ns"], rows[f"{time_source}_self_ns"]
    everything = max(float(layers[f"{time_source}_self_ns"].sum()), 1)
    unit = _unit(rows, time_source)
    total_text, own_text = time_columns([total, own], unit)
    columns = [
        Cells("calls", _counts(rows["calls"]), 6),
        Cells("total", total_text, 10),
        Cells("self", own_text, 8),
        Cells("self %", [f"{value / everything:.1%}".removesuffix("%") for value in own], 7),
    ]
    if time_source == "device":
        columns += [
            Cells("busy", time_cells(rows["device_busy_ns"], unit), 4),
            Cells("kernels", _counts(rows["kernels"]), 5),
            Cells("phase", text_cells(rows["phase"]), 3, "left"),
        ]
    if "role" in rows:
        columns.append(Cells("role", text_cells(rows["role"]), 4, "left"))
    if "memory_peak_bytes" in rows:
        columns.append(
            Cells("memory peak", [memory_text(value) for value in rows["memory_peak_bytes"]], 2)
        )
    return [*columns, Cells("note", text_cells(rows["note"]), 1, "left")]


def _unit(rows: pd.DataFrame, time_source: str) -> Unit:
    return common_unit(rows[f"{time_source}_total_ns"])


def _counts(values: pd.Series) -> list[str]:
    """Whole numbers; those of a mean that is none have a decimal."""
    return count_cells(values) if (values % 1 == 0).all() else [f"{one:.1f}" for one in values]
