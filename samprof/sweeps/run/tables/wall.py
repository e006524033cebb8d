"""Wall times of one batch, one per process that counts: what every speed-up of the whole is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.tables.selection import Selection

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.scaling.axis import Axis


def wall_of(points: Sequence[Point], selection: Selection, axis: Axis) -> pd.DataFrame:
    """One row per timed process of a variant that counts: size, round, wall_ns of one batch.

    Args:
        points: of the variant.
        selection: which of its samples count.
        axis: what the sizes count.
    """
    timed = selection.table[selection.table["process"].isin(selection.timed)]
    batches = {point.size: batches_in(point, axis) for point in points}
    return timed[["size", "round"]].assign(wall_ns=timed["wall_ns"] * timed["size"].map(batches))


def batches_in(point: Point, axis: Axis) -> float:
    """What part of a point's forward one batch of its size is."""
    return axis.amount(point.size) / point.units if point.units else 1.0
