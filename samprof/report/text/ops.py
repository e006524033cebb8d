"""Ops as text: what they compute and move, and how fast."""

import pandas as pd

from samprof.report.text.table import (
    Cells,
    Width,
    count_cells,
    table_text,
    text_cells,
    time_cells,
)
from samprof.report.words import TIME_NAMES
from samprof.units import common_unit, rate_text


def ops_text(ops: pd.DataFrame, width: Width) -> str:
    """Ops by time, the costliest first; no rates where there is no formula.

    Args:
        ops: as `Trace.ops` gives them.
        width: columns of the terminal; None for GitHub markdown.
    """
    return f"{ops_head(ops)}\n" + table_text(ops_columns(ops), width)


def ops_head(ops: pd.DataFrame) -> str:
    """What the times of the table of ops are."""
    return f"{TIME_NAMES[str(next(iter(ops['time_source']), 'cpu'))]} by op"


def ops_columns(ops: pd.DataFrame) -> list[Cells]:
    """The columns of the table of ops."""
    unit = common_unit(ops["time_ns"])
    known = ops["has_formula"].tolist()
    whole = max(int(ops["time_ns"].sum()), 1)
    return [
        Cells("op", text_cells(ops["op"]), 10, "left", flexible=True),
        Cells("calls", count_cells(ops["calls"]), 7),
        Cells(f"time, {unit.name}", time_cells(ops["time_ns"], unit), 9),
        Cells("%", [f"{100 * value / whole:.1f}" for value in ops["time_ns"]], 5),
        Cells("FLOPs", _rates(ops["flops"], known, ""), 6),
        Cells("FLOP/s", _rates(ops["flops_per_s"], known, "FLOP/s"), 8),
        Cells("B/s", _rates(ops["bytes_per_s"], known, "B/s"), 8),
        Cells("FLOPs per byte", _rates(ops["intensity"], known, ""), 4),
    ]


def _rates(values: pd.Series, known: list[bool], unit: str) -> list[str]:
    return [
        rate_text(value, unit) if has and value == value else "no formula" if not has else ""
        for value, has in zip(values, known, strict=True)
    ]
