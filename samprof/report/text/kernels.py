"""Kernels as text."""

import pandas as pd

from samprof.report.text.table import (
    Cells,
    Width,
    count_cells,
    table_text,
    text_cells,
    time_cells,
)
from samprof.units import common_unit


def kernels_text(kernels: pd.DataFrame, width: Width) -> str:
    """Kernels as `kernel_totals` or `activities_as_kernels` give them."""
    return table_text(kernels_columns(kernels), width)


def kernels_columns(kernels: pd.DataFrame) -> list[Cells]:
    """The columns of the table of kernels."""
    unit = common_unit(kernels["total_ns"])
    mean = common_unit(kernels["mean_ns"])
    columns = [
        Cells("kernel", text_cells(kernels["name"]), 10, "left", flexible=True),
        Cells("kind", text_cells(kernels["kind"]), 4, "left"),
        Cells("calls", count_cells(kernels["calls"]), 8),
        Cells(f"total, {unit.name}", time_cells(kernels["total_ns"], unit), 10),
        Cells("%", [f"{100 * value:.1f}" for value in kernels["share"]], 7),
        Cells(f"mean, {mean.name}", time_cells(kernels["mean_ns"], mean), 6),
    ]
    if "owner" in kernels:
        owners = text_cells(kernels["owner"])
        columns.append(Cells("owner", owners, 5, "left", flexible=True, paths=True, code=True))
    return columns
