"""Both sides of a comparison, read: their rows, their kernels, and how many steps they are of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from samprof.analysis.compare.alignment import STEP, Alignment, Move
from samprof.analysis.compare.trace_differences import Side
from samprof.analysis.compare.trace_rows import (
    kernel_counts,
    own_kernels,
    own_steps,
    side_rows,
    spread_of,
    steps_of,
    with_what_is_around,
)
from samprof.sweeps.compare.source import Progress, Source

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace.model.ranges import By
    from samprof.trace.ranks.rank_tables import RankTables

Sources = tuple[Source, Source]


@dataclass(frozen=True, slots=True)
class Steps:
    """What the times of a comparison are of.

    Attributes:
        per: such as "step" or "call of net"; empty for whole recordings.
        counts: how often each side holds it; None where that is not known.
    """

    per: str = ""
    counts: tuple[int | None, int | None] = (None, None)


def both_sides(
    sources: Sources, alignment: Alignment, progress: Progress | None
) -> tuple[tuple[Side, Side], Steps]:
    """The rows of both sides under the same paths, and the steps that they are of.

    Raises:
        TraceError: none of the traces of a job can be read.
    """
    by = alignment.by
    tables = [source.read(by, progress) for source in sources]
    rows = [
        side_rows([one.layers for one in found], by, move)
        for found, move in zip(tables, alignment.moves, strict=True)
    ]
    for place, move in enumerate(alignment.moves):
        if move is not None:
            rows[place] = with_what_is_around(rows[place], rows[1 - place], move)
    steps = _steps(sources, [len(found) for found in tables], rows, by)
    first, second = (
        _side(found, side, by, move, count)
        for found, side, move, count in zip(
            tables, rows, alignment.moves, steps.counts, strict=True
        )
    )
    return (first, second), steps


def _side(
    tables: list[RankTables], rows: pd.DataFrame, by: By, move: Move | None, steps: int | None
) -> Side:
    kernels = kernel_counts([one.kernels for one in tables], by, move)
    several = len(tables) > 1
    return Side(
        rows=own_kernels(rows, kernels) if by == "op" else rows,
        kernels=kernels,
        spread=spread_of([one.layers for one in tables], by, move, steps) if several else None,
        time_source=tables[0].check.time_source,
        total_ns=sum(one.check.total_ns for one in tables),
        steps=steps,
        files=len(tables),
    )


def _steps(sources: Sources, files: list[int], rows: list[pd.DataFrame], by: By) -> Steps:
    """The calls of the layer around most of both sides, else their marked steps."""
    if by != "op":
        found = steps_of(*rows)
        if found is not None:
            return Steps("step" if found[0] == STEP else f"call of {found[0]}", found[1:])
    counts = [
        count * (_own_steps(source, by) or len(source.first.steps()))
        for source, count in zip(sources, files, strict=True)
    ]
    return Steps("step", (counts[0], counts[1])) if all(counts) else Steps()


def _own_steps(source: Source, by: By) -> int:
    """Of a side whose ops are compared, the calls of the layer around most of it; 0 if not known."""
    kind = source.kinds[0] if source.kinds else "op"
    return 0 if by != "op" or kind == "op" else own_steps(side_rows([source.layers("auto")], kind))
