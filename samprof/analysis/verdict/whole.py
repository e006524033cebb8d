"""The speed-up of the whole forward at each size, and what it proves about batching."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from samprof.analysis.scaling.axis import Axis
from samprof.analysis.statistics.intervals import paired_ratio
from samprof.analysis.verdict.wording import interval_text, range_text, ratio_text
from samprof.units import digits

HELPS, NO_GAIN, HURTS, UNDECIDED = "helps", "no gain", "hurts", "undecided"
WORTH = 0.05
"""A speed-up or slow-down that is worth naming."""
SAME_BAND = 0.10
"""Nothing is gained where all intervals lie within this of 1."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a sweep says about larger sizes.

    Attributes:
        word: helps, no gain, hurts or undecided.
        sentence: the answer.
        why_undecided: the reason, where the word is undecided; else empty.
    """

    word: str
    sentence: str
    why_undecided: str = ""


def whole_speedups(wall: pd.DataFrame, axis: Axis) -> pd.DataFrame:
    """One row per size: time, throughput and speed-up over the smallest size.

    Args:
        wall: one row per process: size, round, wall_ns (of one batch, without the profiler).
        axis: what the sizes count.

    Returns:
        Columns size, processes, wall_ns (median over processes), units_per_s, speedup (geometric mean
        of the ratios within a round) with its 95 % interval speedup_low, speedup_high (1 at the
        smallest size; NaN where fewer than two processes tell).

    Example:
        >>> from samprof.analysis.scaling.axis import BATCH_SIZE
        >>> rows = [(size, r, time) for size, time in ((1, 100), (2, 160)) for r in range(3)]
        >>> wall = pd.DataFrame(rows, columns=["size", "round", "wall_ns"])
        >>> whole_speedups(wall, BATCH_SIZE)["speedup"].tolist()
        [1.0, 1.25]
    """
    times = wall.pivot_table(index="size", columns="round", values="wall_ns", aggfunc="median")
    sizes = [int(size) for size in times.index]
    amounts = np.array([axis.amount(size) for size in sizes], np.float64)
    units = times.to_numpy(np.float64) / amounts[:, None]
    found = paired_ratio(np.broadcast_to(units[0], units.shape), units)
    medians = np.nanmedian(units, axis=1) * amounts
    table = pd.DataFrame(
        {
            "size": sizes,
            "processes": np.isfinite(units).sum(axis=1),
            "wall_ns": medians,
            "units_per_s": amounts / medians * 1e9,
            "speedup": found.estimate.round(12),
            "speedup_low": found.low,
            "speedup_high": found.high,
        }
    )
    table.loc[0, ["speedup", "speedup_low", "speedup_high"]] = 1.0
    return table


def claim_of(speedups: pd.DataFrame, axis: Axis, undecided: str = "") -> Claim:
    """What the intervals of the whole prove.

    Args:
        speedups: as `whole_speedups` gives it.
        axis: what the sizes count.
        undecided: why there is no clean answer, if there is none: then no number is given.
    """
    if undecided:
        return Claim(UNDECIDED, f"Undecided, because {undecided}.", undecided)
    larger = speedups.iloc[1:]
    if larger.empty:
        size, rate = int(speedups["size"].iloc[0]), digits(float(speedups["units_per_s"].iloc[0]))
        text = f"One {axis.label} only ({size}: {rate} {axis.unit}s/s): nothing to compare."
        return Claim(UNDECIDED, text, "there is one size only")
    helping = larger[larger["speedup_low"] > 1 + WORTH]
    if not helping.empty:
        best = helping.iloc[int(helping["speedup"].to_numpy().argmax())]
        return Claim(HELPS, f"{axis.subject} helps: {_measured(best, speedups, axis)}")
    last = larger.iloc[-1]
    if last["speedup_high"] < 1 - WORTH:
        return Claim(HURTS, f"{axis.subject} hurts: {_measured(last, speedups, axis)}")
    low, high = larger["speedup_low"], larger["speedup_high"]
    if ((high < 1 + SAME_BAND) & (low > 1 - SAME_BAND)).all():
        return Claim(NO_GAIN, f"{axis.subject} brings no gain: {_measured(last, speedups, axis)}")
    why = _too_wide(larger, axis)
    return Claim(UNDECIDED, f"Undecided, because {why}.", why)


def _measured(row: pd.Series, speedups: pd.DataFrame, axis: Axis) -> str:
    interval = interval_text(row["speedup_low"], row["speedup_high"])
    first = axis.text(int(speedups["size"].iloc[0]))
    return (
        f"{axis.text(int(row['size']))} runs at {ratio_text(row['speedup'])} the throughput of {first} "
        f"({interval})."
    )


def _too_wide(larger: pd.DataFrame, axis: Axis) -> str:
    """Says which interval leaves the question open: the widest."""
    missing = larger[larger["speedup_low"].isna()]
    if not missing.empty:
        return f"one process at {axis.text(int(missing['size'].iloc[0]))} gives no interval"
    widest = larger.iloc[int((larger["speedup_high"] / larger["speedup_low"]).to_numpy().argmax())]
    count = int(widest["processes"])
    after = f" after {count} rounds" if count > 1 else ""  # a prediction has none
    return (
        f"the 95% interval of the speed-up at {axis.text(int(widest['size']))} is "
        f"{range_text(widest['speedup_low'], widest['speedup_high'])}{after}"
    )
