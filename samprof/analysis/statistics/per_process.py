"""One number per process and layer: what all statistics are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from samprof.analysis.statistics.intervals import Floats

_FORWARD = ["round", "process", "repeat"]


def time_per_process(
    layers: pd.DataFrame, paths: Sequence[str], rounds: Sequence[int] | None = None
) -> Floats:
    """The median of each process' repeats, as `[paths, rounds]`.

    A layer that does not run in a repeat takes no time in it; a round without a process is NaN.

    Args:
        layers: long form of one size, as `Run.layers` gives it: path, round, process, repeat, time_ns.
        paths: the rows.
        rounds: the columns; by default those of the table, ascending.

    Example:
        >>> names = ["path", "round", "process", "repeat", "time_ns"]
        >>> rows = [("net", 1, 7, repeat, time) for repeat, time in enumerate((3, 4, 9))]
        >>> time_per_process(pd.DataFrame(rows, columns=names), ["net"], [0, 1])
        array([[nan,  4.]])
    """
    wanted = rounds_of(layers) if rounds is None else list(rounds)
    rows = pd.Index(paths).get_indexer(pd.Index(layers["path"]))
    forward, keys = pd.MultiIndex.from_frame(layers[_FORWARD]).factorize()
    size = (len(paths), len(keys))
    flat = np.where(rows >= 0, rows * size[1] + forward, size[0] * size[1])
    times = np.bincount(flat, layers["time_ns"].to_numpy(np.float64), size[0] * size[1] + 1)
    forwards = times[:-1].reshape(size)
    # A path that this table lacks is not there; one that it has takes no time where it did not run.
    forwards[~np.isin(np.arange(size[0]), rows)] = np.nan
    of_round = pd.MultiIndex.from_tuples(list(keys)).get_level_values(0).to_numpy()
    found = np.full((size[0], len(wanted)), np.nan)
    for place, number in enumerate(wanted):
        if (of_round == number).any():
            found[:, place] = np.median(forwards[:, of_round == number], axis=1)
    return found


def rounds_of(layers: pd.DataFrame) -> list[int]:
    """The rounds of a long form, ascending."""
    return sorted(layers["round"].unique().tolist())
