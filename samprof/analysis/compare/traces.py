"""A comparison of two traces as a whole: the table, and what has to be said beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from samprof.analysis.compare.trace_differences import Side
from samprof.units import TIME_SOURCES

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class TraceComparison:
    """How two traces differ.

    Attributes:
        table: as `samprof.analysis.compare.trace_differences.compare_traces` gives it.
        by: the kind of range whose rows it has.
        sides: what was compared.
        per: what times are of, such as "call of net"; empty for whole recordings.
        names: what the sides are called in `above` and `below`.
        above: what the reader has to know first: how rows were matched, what else differs.
        below: what the reader has to know of the numbers.
    """

    table: pd.DataFrame
    by: str
    sides: tuple[Side, Side]
    per: str
    names: tuple[str, str]
    above: tuple[str, ...]
    below: tuple[str, ...]

    @property
    def accounting(self) -> str:
        """Whether the rows hold all time of the files, to the nanosecond, in a line."""
        parts = []
        for name, side in zip(self.names, self.sides, strict=True):
            files = "the file" if side.files == 1 else f"the {side.files} files"
            missing = side.found_ns - side.total_ns
            exact = f"DIFFERS BY {missing} ns" if missing else "exact"
            what = TIME_SOURCES[side.time_source]
            parts.append(
                f"{side.found_ns} ns of the {side.total_ns} ns of {what} in {files} of {name} ({exact})"
            )
        return f"Time accounting: the rows hold {' and '.join(parts)}."
