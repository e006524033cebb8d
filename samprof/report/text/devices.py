"""The table of devices as text."""

import pandas as pd

from samprof.report.text.table import Cells, Width, count_cells, table_text, text_cells
from samprof.units import digits, memory_text

_RATES = ("float32", "tf32", "bfloat16", "float16")


def devices_text(table: pd.DataFrame, width: Width) -> str:
    """The devices with their peaks, in TFLOP/s and GB/s.

    Args:
        table: as `samprof.prediction.devices.devices_table` gives it.
        width: columns of the terminal; None for GitHub markdown.
    """
    rates = [
        Cells(f"{dtype}, TFLOP/s", [_known(value / 1e12) for value in table[dtype]], 8)
        for dtype in _RATES
    ]
    return table_text(
        [
            Cells("device", text_cells(table["name"]), 10, "left"),
            *rates,
            Cells("GB/s", [digits(value / 1e9) for value in table["bytes_per_s"]], 9),
            Cells("memory", [memory_text(value) for value in table["memory_bytes"]], 9),
            Cells("cores", count_cells(table["cores"]), 5),
            Cells("cache", [memory_text(value) for value in table["cache_bytes"]], 4),
            Cells("sustained", [f"{value:.0%}" for value in table["sustained"]], 6),
            Cells("source", text_cells(table["source"]), 3, "left", flexible=True),
            Cells("date", text_cells(table["date"]), 2, "left"),
        ],
        width,
    )


def _known(value: float) -> str:
    return digits(value) if value == value else "-"
