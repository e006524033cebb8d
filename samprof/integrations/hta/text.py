"""HTA's figures beside samprof's as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samprof.integrations.hta.explanations import NOT_EXPLAINED
from samprof.integrations.hta.kernel_figures import BY_NAME, KERNELS
from samprof.integrations.hta.launch_figures import LAUNCHES
from samprof.integrations.hta.time_figures import IDLE, TEMPORAL
from samprof.report.text.table import Cells, Width, table_text, text_cells, wrapped
from samprof.units import Unit, common_unit, fixed_digits

if TYPE_CHECKING:
    import pandas as pd

_TITLES = {
    KERNELS: "Kernel breakdown: summed durations by HTA's type of kernel",
    BY_NAME: "Kernels by name",
    TEMPORAL: "Temporal breakdown: from the first kernel to the last",
    IDLE: "Idle time between the kernels of a stream",
    LAUNCHES: "Launch statistics",
}


def figures_text(table: pd.DataFrame, width: Width, top: int = 10) -> str:
    """One table per analysis and rank, and below each the reasons for its differences.

    Args:
        table: of `samprof.integrations.hta.figures.figures_table`.
        width: columns of the terminal; None for GitHub markdown.
        top: how many of the kernels by name.
    """
    ranks = sorted(set(table["rank"]))
    parts = []
    for rank in ranks:
        of_rank = table[table["rank"] == rank]
        for analysis, title in _TITLES.items():
            rows = of_rank[of_rank["analysis"] == analysis]
            shown = rows.head(top) if analysis == BY_NAME else rows
            if len(shown):
                unit = _unit(shown)
                name = f"Rank {rank}. {title}" if len(ranks) > 1 else title
                head = wrapped(f"{name}, in {unit.name}; differences in ns", width)
                parts.append(f"{head}{_table(shown, unit, width)}{_reasons(shown, width)}")
    return "\n".join([*parts, wrapped(_conclusion(table), width)])


def _unit(rows: pd.DataFrame) -> Unit:
    """The unit that suits most of the times, which differ by orders of magnitude."""
    times = rows.loc[rows["unit"] == "ns", ["hta", "samprof"]].astype(float).max(axis=1)
    return common_unit([times[times > 0].median()])


def _table(rows: pd.DataFrame, unit: Unit, width: Width) -> str:
    theirs, ours = _numbers(rows, unit)
    columns = [
        Cells("", text_cells(rows["item"]), 10, "left", flexible=True),
        Cells("HTA", theirs, 10),
        Cells("samprof", ours, 10),
        Cells("difference", _differences(rows), 9),
        Cells("because", _marks(rows), 8, "left"),
    ]
    return table_text(columns, width)


def _numbers(rows: pd.DataFrame, unit: Unit) -> list[list[str]]:
    """HTA's and samprof's: times in the unit, counts as they are, nothing where samprof has none."""
    values = [*rows["hta"], *rows["samprof"].astype(object).where(rows["samprof"].notna(), None)]
    is_time = [*(rows["unit"] == "ns")] * 2
    known = [
        value for value, time in zip(values, is_time, strict=True) if time and value is not None
    ]
    texts = iter(fixed_digits(known, unit))
    shown = [
        "" if value is None else next(texts) if time else str(value)
        for value, time in zip(values, is_time, strict=True)
    ]
    return [shown[: len(rows)], shown[len(rows) :]]


def _differences(rows: pd.DataFrame) -> list[str]:
    """Exact, with their sign."""
    known = rows["difference"].notna()
    return [
        (f"{value:+d}" if value else "0") if there else ""
        for value, there in zip(rows["difference"].fillna(0), known, strict=True)
    ]


def _numbered(rows: pd.DataFrame) -> dict[str, str]:
    """The reasons of these rows -> the letter that stands for each."""
    reasons = dict.fromkeys(reason for reason in rows["reason"] if reason)
    return {reason: chr(ord("a") + place % 26) for place, reason in enumerate(reasons)}


def _marks(rows: pd.DataFrame) -> list[str]:
    letters = _numbered(rows)
    return [letters.get(reason, "") for reason in rows["reason"]]


def _reasons(rows: pd.DataFrame, width: Width) -> str:
    # In markdown a line right below a table would be a row of it.
    before = "\n" if width is None else ""
    return "".join(
        before + wrapped(f"({letter}) {reason}.", width)
        for reason, letter in _numbered(rows).items()
    )


def _conclusion(table: pd.DataFrame) -> str:
    """How many of the figures are the same."""
    both = table[table["difference"].notna()]
    same = int((both["difference"] == 0).sum())
    unknown = int(both["reason"].str.contains(NOT_EXPLAINED, regex=False).sum())
    end = f"{unknown} {NOT_EXPLAINED}" if unknown else "the others explained"
    return f"{same} of {len(both)} figures are the same{f', {end}' if same < len(both) else ''}."
