"""The answer of a trace as text: its layers, how its time is accounted for, and its notes."""

from collections.abc import Sequence

import pandas as pd

from samprof.report.text.check import check_text
from samprof.report.text.layers import layers_text
from samprof.report.text.table import Width, wrapped
from samprof.trace import Trace
from samprof.trace.model.ranges import By


def trace_text(
    trace: Trace,
    width: Width,
    *,
    by: By = "auto",
    layers: pd.DataFrame | None = None,
    time_source: str | None = None,
    depth: int | None = None,
    root: str | None = None,
    sums: bool = False,
) -> str:
    """The layer table, the time accounting and what a reader should know.

    Args:
        trace: of which.
        width: columns of the terminal; None for GitHub markdown.
        by: which ranges own time.
        layers: the table to show, where it was changed since `Trace.layers` gave it.
        time_source: device or cpu; by default that of the trace.
        depth: as in `samprof.report.text.layers.layers_text`.
        root: likewise.
        sums: likewise.
    """
    check = trace.check(by)
    text = layers_text(
        trace.layers(by) if layers is None else layers,
        width,
        time_source=time_source or trace.time_source,
        depth=depth,
        root=root,
        sums=sums,
    )
    accounting = wrapped(f"Time accounting of the trace: {check_text(check.as_dict())}", width)
    return f"{text}\n{accounting}{notes_text(check.notes, width)}"


def notes_text(notes: Sequence[str], width: Width) -> str:
    """The notes below a table: what its reader should know."""
    return "".join(wrapped(f"Note: {note}", width) for note in notes)
