"""How variants of one size compare, and where their time goes: what the run of a workload answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from samprof.analysis.scaling.axis import Axis
from samprof.analysis.statistics.intervals import unpaired_ratio
from samprof.analysis.verdict.wording import interval_text, ratio_text, sentence

WHOLE = "whole"
_NAMED = 0.1
"""Components of less than this part of the time are not named."""


def component_speedups(first: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """One row per component of both, and the whole: the speed-up from the first to the other.

    Args:
        first: one row per component, one column per process: its time; 0 where it did not run.
        other: the same of another variant, whose processes are others.

    Returns:
        Columns component, speedup with its 95 % interval speedup_low, speedup_high (NaN where fewer than
        two processes tell, or it does not run in both).

    Example:
        >>> slow, fast = (pd.DataFrame([[t, t]], index=["encoder"]) for t in (30.0, 20.0))
        >>> component_speedups(slow, fast)[["component", "speedup"]].round(6).values.tolist()
        [['encoder', 1.5], ['whole', 1.5]]
    """
    names = list(dict.fromkeys([*first.index, *other.index]))
    sides = []
    for table in (first, other):
        rows = table.reindex(names).fillna(0.0)
        sides.append(np.vstack([rows.to_numpy(np.float64), rows.sum().to_numpy(np.float64)]))
    found = unpaired_ratio(sides[0], sides[1])
    columns = {"speedup": found.estimate, "speedup_low": found.low, "speedup_high": found.high}
    return pd.DataFrame({"component": [*names, WHOLE], **columns})


def mode_sentences(
    walls: Mapping[str, Sequence[float]],
    components: Mapping[str, pd.DataFrame],
    size: int,
    axis: Axis,
) -> tuple[str, ...]:
    """Which variant is faster at a size, and where the time of each goes.

    Args:
        walls: variant -> one wall time per process that counts; the first is what others are compared
            with.
        components: variant -> component table.
        size: which.
        axis: what it counts.
    """
    first, *others = walls
    said = [_compared(first, other, walls, size, axis) for other in others]
    said += [_spent(variant, table) for variant, table in components.items()]
    return tuple(sentence(text) for text in said if text)


def _compared(
    first: str, other: str, walls: Mapping[str, Sequence[float]], size: int, axis: Axis
) -> str:
    before, after = (np.array([list(walls[name])], np.float64) for name in (first, other))
    found = unpaired_ratio(before, after)
    speedup, low, high = (float(end[0]) for end in (found.estimate, found.low, found.high))
    place = f"at {axis.text(size)}, {other}"
    if low != low:
        return f"{place} and {first} are not compared: one process of each gives no interval"
    measured = f"{ratio_text(speedup)} the throughput of {first} ({interval_text(low, high)})"
    if low <= 1 <= high:
        return f"{place} is as fast as {first} as far as can be told: {measured}"
    return f"{place} runs at {measured}"


def _spent(variant: str, table: pd.DataFrame) -> str:
    """The components that take most of the host's time."""
    rows = table[table["share"] >= _NAMED].sort_values("share", ascending=False, kind="stable")
    parts = [
        f"{name} {share:.0%}" for name, share in zip(rows["component"], rows["share"], strict=True)
    ]
    return f"host time of {variant}: {', '.join(parts)}" if parts else ""
