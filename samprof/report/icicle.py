"""The module tree as an icicle: which rows it shows, and where each begins."""

import pandas as pd

from samprof.trace.model.names import tree_labels

_DEEPEST = 4


def icicle_rows(times: pd.DataFrame, size: int) -> pd.DataFrame:
    """Path, depth, role and time_ns of the layers that the icicle shows.

    Args:
        times: as `samprof.analysis.scaling.scaling.times_by_size` gives them.
        size: which.
    """
    rows = times.loc[times["size"] == size, ["path", "depth", "role", "time_ns"]]
    shown = (rows["time_ns"] > 0) & (rows["depth"] <= _DEEPEST)
    return rows[shown].reset_index(drop=True)


def icicle_begins(rows: pd.DataFrame) -> list[float]:
    """Where each row begins, in ns: after its elder siblings, inside its parent.

    Example:
        >>> rows = pd.DataFrame({"depth": [0, 1, 1], "time_ns": [10, 4, 6]})
        >>> icicle_begins(rows)
        [0.0, 0.0, 4.0]
    """
    begins: list[float] = []
    cursor = [0.0]
    for depth, time in zip(rows["depth"], rows["time_ns"], strict=True):
        del cursor[int(depth) + 1 :]
        begin = cursor[-1]
        begins.append(begin)
        cursor[-1] += float(time)
        cursor.append(begin)
    return begins


def own_names(rows: pd.DataFrame) -> list[str]:
    """What each path adds to that of the row above it in the tree."""
    return [label.strip() for label in tree_labels(rows["path"], rows["depth"])]
