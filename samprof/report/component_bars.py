"""Component tables as stacked bars: one per variant, host beside device."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

SMALLEST_LABEL = 0.05
"""A piece of less than this part of the longest bar has no label."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One component in one bar.

    Attributes:
        bar: the name of the bar: the variant, and host or device where there are both.
        component: its name.
        begin_ns, end_ns: from the beginning of the bar.
        share: of the bar.
    """

    bar: str
    component: str
    begin_ns: float
    end_ns: float
    share: float

    @property
    def time_ns(self) -> float:
        """How long it is."""
        return self.end_ns - self.begin_ns


def component_pieces(tables: Mapping[str, pd.DataFrame]) -> list[Piece]:
    """The pieces of all bars; components that took no time are left out.

    Args:
        tables: variant -> table, as `samprof.trace.tables.components.component_table` gives it.
    """
    pieces = []
    for variant, table in tables.items():
        has_device = bool(table["device_ns"].any())
        for source in ("host", "device") if has_device else ("host",):
            bar = " ".join(part for part in (variant, source if has_device else "") if part)
            begin, whole = 0.0, float(table[f"{source}_ns"].sum())
            for name, value in zip(table["component"], table[f"{source}_ns"], strict=True):
                if value > 0:
                    end = begin + float(value)
                    pieces.append(Piece(bar, str(name), begin, end, float(value) / whole))
                    begin = end
    return pieces
