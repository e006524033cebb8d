"""What a comparison comes down to: where changes come from, and which ones fail a gate."""

import numpy as np
import pandas as pd

from samprof.analysis.compare.changes import CHANGED, SLOWER, overall

WALL = "(wall)"
"""The row of a whole forward, measured without the profiler."""
_EXPLAINED = 0.5


def regressions(table: pd.DataFrame, gate: float) -> pd.DataFrame:
    """The layers that are slower by more than the gate beyond doubt.

    Args:
        table: as `compare_layers` gives it.
        gate: the part of a's time by which b may be slower, such as 0.05.

    Returns:
        Rows over all sizes, or of the only one, of layers with at least 1 % of the time, whose interval
        lies above the gate as a whole; the largest difference first.
    """
    table = overall(table)
    beyond = (table["ratio_low"] > 1 + gate) | np.isinf(table["ratio"].astype(float))
    found = table.loc[(table["change"] == SLOWER) & beyond]
    return found.sort_values("difference_ns", ascending=False, kind="stable")


def causes(table: pd.DataFrame) -> pd.DataFrame:
    """The changed rows where the change comes from, the largest difference first.

    Of nested rows with the same change these are the deepest ones that explain at least half of the
    difference around them; the wall time counts as what is around all layers.
    """
    change, size = table["change"].tolist(), table["difference_ns"].abs().tolist()
    named: list[int] = []
    for _, places in table.reset_index(drop=True).groupby("size", sort=False):
        depths = np.where(places["path"] == WALL, -1, places["depth"]).tolist()
        # Backwards, so that what is inside of a row is known before the row.
        waiting: list[tuple[int, list[int]]] = []
        for place, depth in zip(places.index[::-1].tolist(), depths[::-1], strict=True):
            inside: list[int] = []
            while waiting and waiting[-1][0] > depth:
                inside += waiting.pop()[1]
            if change[place] in CHANGED:
                same = [inner for inner in inside if change[inner] == change[place]]
                if sum(size[inner] for inner in same) < _EXPLAINED * size[place]:
                    inside = [place, *(inner for inner in inside if inner not in same)]
            waiting.append((depth, inside))
        named += [place for _, inside in waiting for place in inside]
    return table.iloc[sorted(named, key=lambda place: (-size[place], place))]
