"""The calls of modules that a script made, as text."""

import pandas as pd

from samprof.report.text.table import (
    Cells,
    Width,
    count_cells,
    table_text,
    text_cells,
    time_columns,
)
from samprof.units import common_unit


def calls_text(calls: pd.DataFrame, width: Width) -> str:
    """The table of `samprof.script.tables.calls_table`."""
    unit = common_unit(calls["wall_ns"])
    whole, one = time_columns([calls["wall_ns"], calls["per_call_ns"]], unit)
    has_sizes = calls["size"].notna()
    columns = [
        Cells("root", text_cells(calls["root"]), 10, "left", flexible=True),
        Cells("type", text_cells(calls["type"]), 3, "left", flexible=True),
        Cells(
            "size",
            [str(v) if ok else "" for v, ok in zip(calls["size"], has_sizes, strict=True)],
            9,
        ),
        Cells("calls", count_cells(calls["calls"]), 9),
        Cells("recorded", count_cells(calls["recorded"]), 5),
        Cells("total", whole, 9),
        Cells("per call", one, 8),
        Cells("%", [f"{100 * value:.1f}" for value in calls["share"]], 7),
    ]
    return f"Calls of models, host time in {unit.name}\n" + table_text(columns, width)
