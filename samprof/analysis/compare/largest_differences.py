"""Where the difference of two traces comes from."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from samprof.analysis.compare.causes import causes
from samprof.analysis.compare.changes import FASTER, ONE_SIDED, SLOWER
from samprof.analysis.compare.runs import REGION_IN_A, REGION_IN_B


def largest_differences(table: pd.DataFrame) -> pd.DataFrame:
    """The rows where the difference comes from, the largest difference first.

    Of nested rows these are the deepest ones that explain at least half of the difference around them.
    Layers that one side does not split are compared as a whole: what the other side has inside of them
    is left out.

    Args:
        table: as `samprof.analysis.compare.trace_differences.compare_traces` gives it.
    """
    table = table[~_inside_regions(table)].reset_index(drop=True)
    difference = table["difference_ns"]
    signs = np.select([difference > 0, difference < 0], [SLOWER, FASTER], "")
    found = causes(table.assign(change=signs, size=0))
    return table.loc[found.index]


def _inside_regions(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Rows of one side inside of what is one region on the other."""
    inside: list[bool] = []
    around: int | None = None
    for depth, change, note in zip(table["depth"], table["change"], table["note"], strict=True):
        if around is not None and depth <= around:
            around = None
        inside.append(around is not None and change in ONE_SIDED)
        if around is None and (REGION_IN_A in note or REGION_IN_B in note):
            around = depth
    return np.array(inside, bool)
