"""Page faults by layer, as the samples of a run measured them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from samprof.sweeps.run.stored.point import Point

if TYPE_CHECKING:
    import pandas as pd


def paging_table(points: Sequence[Point]) -> pd.DataFrame:
    """One row per path and size: what page faults cost in forwards without the profiler.

    Args:
        points: of one variant.

    Returns:
        Columns path, size, faults (per forward, median over the processes), system_ns, wall_ns, share
        (of the wall time). Empty where nothing was measured.
    """
    import pandas as pd

    frames = [
        sample.frame(sample.paging)
        for point in points
        for sample in point.samples
        if sample.paging.get("path")
    ]
    columns = ["faults", "system_ns", "wall_ns"]
    if not frames:
        return pd.DataFrame(columns=["path", "size", *columns, "share"])
    rows = pd.concat(frames, ignore_index=True)
    table = rows.groupby(["path", "size"], sort=False)[columns].median().reset_index()
    table["share"] = (table["system_ns"] / table["wall_ns"].where(table["wall_ns"] > 0)).fillna(0.0)
    return table
