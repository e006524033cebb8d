"""A table as text: fitted to a width by leaving out what matters least, one unit a table."""

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from samprof.units import Unit, fixed_digits

CLOCKS = {"device": "Device time", "cpu": "CPU time"}
_GAP = 2
_NARROWEST_LABEL = 16


@dataclass(frozen=True, slots=True)
class Cells:
    """One column of a text table.

    Attributes:
        header: its title.
        values: its cells.
        importance: columns of little importance go first when the width is too small.
        justify: left for words, right for numbers.
        flexible: may be cut with an ellipsis.
    """

    header: str
    values: Sequence[str]
    importance: int = 9
    justify: Literal["left", "right"] = "right"
    flexible: bool = False

    @property
    def width(self) -> int:
        """Columns of the terminal that it takes."""
        return max((cell_len(text) for text in (self.header, *self.values)), default=0)


def table_text(columns: Sequence[Cells], width: int) -> str:
    """The table as text, no wider than `width`; the least important columns give way."""
    shown = [column for column in columns if any(column.values)]
    while len(shown) > 1 and _least_width(shown) > width:
        shown.remove(min(reversed(shown), key=lambda column: column.importance))
    spare = width - _least_width([column for column in shown if not column.flexible])
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="")
    for column in shown:
        table.add_column(
            Text(column.header),
            justify=column.justify,
            no_wrap=True,
            overflow="ellipsis",
            width=min(column.width, spare - _GAP) if column.flexible else column.width,
        )
    for row in zip(*(column.values for column in shown), strict=True):
        table.add_row(*(Text(_printable(text)) for text in row))
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, legacy_windows=False).print(table)
    lines = (line.rstrip() for line in out.getvalue().splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def wrapped(text: str, width: int) -> str:
    """Sentences broken into lines."""
    return textwrap.fill(text, width) + "\n"


def tree_labels(rows: pd.DataFrame) -> list[str]:
    """Paths as an indented tree: each without the part that the row above it in the tree has."""
    labels: list[str] = []
    above: list[str] = []
    for path, depth in zip(rows["path"], rows["depth"], strict=True):
        del above[int(depth) :]
        shown = str(path)
        for outer in reversed(above):
            for separator in (".", " > "):
                if shown.startswith(outer + separator):
                    shown = shown[len(outer) + len(separator) :]
                    break
            else:
                continue
            break
        labels.append("  " * len(above) + shown)
        above.append(str(path))
    return labels


def _least_width(columns: Sequence[Cells]) -> int:
    fixed = sum(
        min(column.width, _NARROWEST_LABEL) if column.flexible else column.width
        for column in columns
    )
    return fixed + _GAP * len(columns)


def shown_rows(rows: pd.DataFrame, depth: int | None) -> pd.DataFrame:
    """The rows down to a depth; all of them if it is None."""
    return rows if depth is None else rows[rows["depth"] <= depth]


def time_cells(values: pd.Series, unit: Unit) -> list[str]:
    """Times in a unit, with the same decimals."""
    return fixed_digits(values.tolist(), unit)


def time_columns(columns: Sequence[pd.Series], unit: Unit) -> list[list[str]]:
    """Columns that share their decimals."""
    texts = iter(fixed_digits([value for column in columns for value in column], unit))
    return [[next(texts) for _ in column] for column in columns]


def count_cells(values: pd.Series) -> list[str]:
    """Whole numbers, a dash where there is none."""
    return [f"{int(value)}" if value == value else "-" for value in values]


def text_cells(values: pd.Series) -> list[str]:
    """Words; nothing where there is none."""
    return ["" if value is None or value != value else str(value) for value in values]


def _printable(text: str) -> str:
    """Names are data: what would move the cursor is shown instead."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
