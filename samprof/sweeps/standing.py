"""How far a sweep is: how many rounds count, how precise the answer is, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from samprof.sweeps.plan import LEAST_ROUNDS, Plan
from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.tables.samples import samples_table
from samprof.sweeps.run.tables.selection import Selection, select

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["timed", "recorded"]
MOST_ROUNDS = 40
"""Tiny models end here where noise keeps them from being precise."""
RECORDED_ROUNDS = 6
"""Enough to class layers; with four, 95 % intervals are half as wide again."""
_TIMED_PER_RECORDED = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a sweep of one variant is.

    Attributes:
        timed, recorded: rounds that count; of a fixed number of rounds, all of them.
        rounds: rounds that began.
        sizes: those that did not fail, ascending.
        speedup, low, high: of the whole from the smallest to the largest of them, with its 95 %
            interval; NaN where it is not known yet.
        missing: what kinds of rounds are missing, the one to take next first.
        undecided: why there is no clean answer so far; empty where there is one.
        dropped: samples that do not count.
    """

    timed: int
    recorded: int
    rounds: int
    sizes: tuple[int, ...]
    speedup: float
    low: float
    high: float
    missing: tuple[Kind, ...]
    undecided: str
    dropped: int

    @property
    def half_width(self) -> float:
        """Half the width of the interval, relative to the speed-up; NaN where it is not known."""
        return (self.high - self.low) / 2 / self.speedup


def standing(plan: Plan, points: Sequence[Point]) -> Standing:
    """How far the sweep of a plan is with these points of its variant."""
    table = samples_table(points)
    selection = select(table)
    timed, recorded = (_rounds(plan, table, selection, kind) for kind in ("timed", "recorded"))
    speedup, low, high = _speedup(plan, table, selection)
    precise = _is_precise(plan, table, speedup, low, high)
    return Standing(
        timed=timed,
        recorded=recorded,
        rounds=int(table["round"].nunique()),
        sizes=tuple(_live_sizes(plan, table)),
        speedup=speedup,
        low=low,
        high=high,
        missing=_missing(plan, table, timed, recorded, precise=precise),
        undecided=selection.undecided,
        dropped=selection.dropped,
    )


def _missing(
    plan: Plan, table: pd.DataFrame, timed: int, recorded: int, *, precise: bool
) -> tuple[Kind, ...]:
    if plan.rounds is not None:
        wanted: list[tuple[Kind, bool]] = [
            ("timed", timed < plan.rounds),
            ("recorded", recorded < min(plan.rounds, LEAST_ROUNDS)),
        ]
    else:
        enough = timed >= LEAST_ROUNDS and (precise or timed >= MOST_ROUNDS)
        wanted = [("timed", not enough), ("recorded", recorded < RECORDED_ROUNDS)]
    if not plan.recorded:
        wanted = wanted[:1]
    begun_timed, begun_recorded = (
        int(table.loc[table[kind], "round"].nunique()) for kind in ("timed", "recorded")
    )
    # First as many of both, one after the other: then both see the same quiet times.
    few = min(timed, recorded) < LEAST_ROUNDS
    per_recorded = 1 if few else _TIMED_PER_RECORDED
    if begun_timed >= per_recorded * begun_recorded + 1:
        wanted.reverse()
    return tuple(kind for kind, is_missing in wanted if is_missing)


def _rounds(plan: Plan, table: pd.DataFrame, selection: Selection, kind: Kind) -> int:
    """How many samples of this kind every size has."""
    rows = table[table[kind]]
    state = selection.state if kind == "timed" else selection.layers_state
    clean = rows[rows["clean"] & (rows["state"] == state)]
    chosen = clean if plan.rounds is None else rows
    sizes = _live_sizes(plan, table)
    return min((int((chosen["size"] == size).sum()) for size in sizes), default=MOST_ROUNDS)


def _live_sizes(plan: Plan, table: pd.DataFrame) -> list[int]:
    """The sizes of the plan that do not fail; one that was interrupted is still to be measured."""
    failed = set(table.loc[table["status"].isin(["oom", "failed"]), "size"])
    return [size for size in plan.sizes if size not in failed]


def _speedup(plan: Plan, table: pd.DataFrame, selection: Selection) -> tuple[float, float, float]:
    from samprof.analysis.statistics.intervals import paired_ratio

    sizes = _live_sizes(plan, table)
    used = table[table["process"].isin(selection.timed)]
    wide = used.pivot_table(index="size", columns="round", values="wall_ns")
    if len(sizes) < 2 or not {sizes[0], sizes[-1]} <= set(wide.index):
        return (np.nan,) * 3
    smallest, largest = (wide.loc[[size]].to_numpy(np.float64) for size in (sizes[0], sizes[-1]))
    factor = plan.axis.amount(sizes[-1]) / plan.axis.amount(sizes[0])
    found = paired_ratio(smallest, largest)
    return tuple(factor * float(one[0]) for one in (found.estimate, found.low, found.high))  # type: ignore[return-value]


def _is_precise(plan: Plan, table: pd.DataFrame, speedup: float, low: float, high: float) -> bool:
    if len(_live_sizes(plan, table)) < 2:
        return True
    return bool((high - low) / 2 <= plan.precision * speedup)
