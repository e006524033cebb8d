"""A table as text: fitted to a width by leaving out what matters least, one unit per table.

A width of None means GitHub markdown, which has none: nothing is left out, no line is broken.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from samprof.markup import html_table, markdown_table, markdown_text
from samprof.printable import printable
from samprof.report.text.shorten import distinct_width, shortened
from samprof.trace.model.names import tree_labels
from samprof.units import Unit, fixed_digits

Width = int | None
"""Columns of the terminal; None: GitHub markdown."""

_GAP = 2
_ESSENTIAL = 7
"""Columns of this importance do not give way to longer names."""


@dataclass(frozen=True)
class Cells:
    """One column of a text table.

    Attributes:
        header: its title.
        values: its cells.
        importance: columns of little importance go first when the width is too small.
        justify: left for words, right for numbers.
        flexible: may be cut with an ellipsis.
        paths: cut at the front, and not so far that two of them look the same where that can be
            helped: columns of little importance give way before.
        code: names, set as code in markdown.
        least: what is left of a flexible one at least.
        tones: what to think of each cell (good, near, bad, or nothing), where pages colour it.
    """

    header: str
    values: Sequence[str]
    importance: int = 9
    justify: Literal["left", "right"] = "right"
    flexible: bool = False
    paths: bool = False
    code: bool = False
    least: int = 16
    tones: Sequence[str] = ()

    @property
    def width(self) -> int:
        """Columns of the terminal that it takes."""
        return max((cell_len(text) for text in (self.header, *self.values)), default=0)

    @property
    def least_width(self) -> int:
        """Columns that it takes at least."""
        return min(self.width, self.least) if self.flexible else self.width

    @cached_property
    def wanted_width(self) -> int:
        """Columns in which no two of its paths look the same."""
        return distinct_width(self.values, self.least_width) if self.paths else self.least_width

    def printable(self) -> Cells:
        """The column with texts that can be shown."""
        return replace(
            self, header=printable(self.header), values=[printable(text) for text in self.values]
        )

    def in_width(self, width: int) -> Cells:
        """The column with what its cells show in so many columns."""
        return replace(self, values=[shortened(text, width) for text in self.values])


def table_text(columns: Sequence[Cells], width: Width) -> str:
    """The table as text, no wider than `width`; the least important columns give way.

    Columns without any text are left out; of a table without rows the headers are shown.
    """
    shown = [column for column in columns if any(column.values)] or list(columns)
    if width is None:
        left, code = [c.justify == "left" for c in shown], [c.code for c in shown]
        return "\n" + markdown_table([c.header for c in shown], _rows(shown), left, code)
    shown = _fitting([column.printable() for column in shown], width)
    widths = _widths(shown, width)
    shown = [
        column.in_width(taken) if column.paths else column
        for column, taken in zip(shown, widths, strict=True)
    ]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="")
    for column, taken in zip(shown, widths, strict=True):
        table.add_column(
            Text(column.header),
            justify=column.justify,
            no_wrap=True,
            overflow="ellipsis",
            width=taken,
        )
    for row in _rows(shown):
        table.add_row(*map(Text, row))
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, legacy_windows=False).print(table)
    lines = (line.rstrip() for line in out.getvalue().splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def table_html(columns: Sequence[Cells], caption: str = "") -> str:
    """The table as HTML, with all columns that hold anything."""
    shown = [column for column in columns if any(column.values)]
    left = [column.justify == "left" for column in shown]
    return html_table([column.header for column in shown], _rows(shown), left, caption)


def wrapped(text: str, width: Width) -> str:
    """Sentences broken into lines; a terminal sequence in a name is shown, not obeyed."""
    if width is None:
        return markdown_text(text.strip()) + "\n"
    return textwrap.fill(printable(text.rstrip("\n").replace("\n", " ")), width) + "\n"


def layer_cells(rows: pd.DataFrame, width: Width) -> Cells:
    """The column that names the layers: an indented tree, or whole paths in markdown."""
    if width is None:
        return Cells("layer", [str(path) for path in rows["path"]], 10, "left", code=True)
    labels = tree_labels(rows["path"], rows["depth"])
    return Cells("layer", labels, 10, "left", flexible=True, paths=True)


def _fitting(columns: Sequence[Cells], width: int) -> list[Cells]:
    """The columns that fit: without what may give way to distinct paths, if that is enough for them."""
    essential = [column for column in columns if column.importance >= _ESSENTIAL or column.paths]
    distinct = _taken(column.wanted_width for column in essential) <= width
    shown = list(columns)
    while len(shown) > 1 and width < _taken(
        column.wanted_width if distinct else column.least_width for column in shown
    ):
        shown.remove(min(reversed(shown), key=lambda column: column.importance))
    return shown


def _widths(columns: Sequence[Cells], width: int) -> list[int]:
    """What each column takes: those that may be cut share what the others leave."""
    widths = [column.least_width for column in columns]
    spare = width - _taken(widths)
    missing = {place: column.width - widths[place] for place, column in enumerate(columns)}
    by_need = sorted(missing, key=missing.__getitem__)
    for waiting, place in enumerate(by_need):
        more = max(min(missing[place], spare // (len(columns) - waiting)), 0)
        widths[place] += more
        spare -= more
    return widths


def _taken(widths: Iterable[int]) -> int:
    return sum(one + _GAP for one in widths)


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


def _rows(columns: Sequence[Cells]) -> list[tuple[str, ...]]:
    return list(zip(*(column.values for column in columns), strict=True))
