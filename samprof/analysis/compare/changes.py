"""Whether layers changed between two measurements, and how sure that is.

Many layers are compared at once, so that some 95 % intervals exclude 1 by chance. A change is named only
where the interval of the layer over all sizes excludes 1 at a level that holds for all layers
together (Bonferroni): of comparisons in which nothing changed, at most 5 % name any layer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from samprof.analysis.statistics.classes import UNDECIDED
from samprof.analysis.statistics.intervals import (
    LEVEL,
    Floats,
    Interval,
    logs,
    moments,
    satterthwaite,
    t_quantile,
    unpaired_ratio,
)

SLOWER, FASTER, WITHIN_NOISE, ONLY_IN_A, ONLY_IN_B = (
    "slower",
    "faster",
    "within noise",
    "only in a",
    "only in b",
)
Roots = tuple[int, int]
CHANGED = (SLOWER, FASTER)
ONE_SIDED = (ONLY_IN_A, ONLY_IN_B)
ALL_SIZES = "all"
"""What the column `size` holds in the rows over all sizes that both sides have."""
FEWEST_PROCESSES = 2
TOO_FEW = "too few processes to tell"
NOT_TESTED = "below 1% of the time: not tested"
LEAST_SHARE = 0.01
"""Layers of less than this part of the root's time on both sides are not tested: each one that is
tested makes the test of all others harder."""


def size_changes(a: Floats, b: Floats, roots: Roots, pooled: pd.Series) -> pd.DataFrame:
    """Times, ratios and changes at one size.

    Args:
        a: `[rows, rounds]`; NaN where a layer, or a process, is not there.
        b: the same of the other side.
        roots: the row of each side's root.
        pooled: the changes of the same rows over all sizes; this size has those that it shows by itself.

    Returns:
        Columns a_ns, b_ns (medians over processes), difference_ns, ratio (of geometric means) and its
        95 % interval ratio_low, ratio_high; share and b_share (of the time of the side's root); change.
    """
    table = _with_ratio(_median(a), _median(b), unpaired_ratio(b, a), roots)
    slower, faster = _seen(table)
    cases = [
        table["a_ns"].notna() & table["b_ns"].isna(),
        table["a_ns"].isna() & table["b_ns"].notna(),
        (pooled == SLOWER) & slower,
        (pooled == FASTER) & faster,
    ]
    cases.append(pooled == UNDECIDED)
    change = np.select(cases, [ONLY_IN_A, ONLY_IN_B, SLOWER, FASTER, UNDECIDED], WITHIN_NOISE)
    return table.assign(change=change.astype(object))


def for_readers(table: pd.DataFrame) -> pd.DataFrame:
    """A comparison in which each path stands once, under the name of the size, if there is only one."""
    over_all = table["size"] == ALL_SIZES
    sizes = table.loc[~over_all, "size"].unique()
    return table[over_all].assign(size=sizes[0]) if len(sizes) == 1 else table


def overall(table: pd.DataFrame) -> pd.DataFrame:
    """The rows over all sizes of a comparison; all of a `for_readers` that has one size."""
    over_all = table["size"] == ALL_SIZES
    return table[over_all] if over_all.any() else table


def without_verdict(table: pd.DataFrame, why: str) -> pd.DataFrame:
    """A comparison in which no row counts as changed, nor as the same: they are "undecided".

    Args:
        table: as `compare_layers` gives it.
        why: the measurements cannot be compared.
    """
    judged = table["change"].isin([*CHANGED, WITHIN_NOISE, UNDECIDED])
    notes = table["note"].str.replace(TOO_FEW, "", regex=False).str.strip("; ")
    notes = notes.where(notes == "", notes + "; ")
    return table.assign(
        change=table["change"].mask(judged, UNDECIDED),
        note=table["note"].mask(judged, notes + why),
    )


def why_undecided(table: pd.DataFrame) -> str:
    """Why nothing in a comparison counts; empty where it does.

    Rows of too few processes do not count by themselves, and say nothing of the others.
    """
    notes = table.loc[table["change"] == UNDECIDED, "note"]
    notes = notes[(notes != "") & ~notes.str.contains(TOO_FEW, regex=False)]
    return "" if notes.empty else str(notes.iloc[0]).rpartition("; ")[2]


def pooled_changes(a: Floats, b: Floats, roots: Roots) -> pd.DataFrame:
    """Times, ratios and changes over all sizes.

    Args:
        a: `[sizes, rows, rounds]`; NaN where a layer, or a process, is not there.
        b: the same of the other side.
        roots: the row of each side's root.

    Returns:
        The columns of `size_changes`, as means over the sizes at which both sides have the row, with an
        interval that holds for all tested rows together; note.
    """
    a_ns, b_ns = _mean_times(a, b)
    in_a, in_b = np.isfinite(a_ns), np.isfinite(b_ns)
    shares = np.stack([_shares(a_ns, roots[0]), _shares(b_ns, roots[1])])
    matters = np.nan_to_num(shares).max(axis=0) >= LEAST_SHARE
    tested = in_a & in_b & matters
    level = 1 - (1 - LEVEL) / max(int(tested.sum()), 1)
    table = _with_ratio(a_ns, b_ns, _pooled_ratio(a, b, level), roots)
    enough = np.minimum(_fewest(a), _fewest(b)) >= FEWEST_PROCESSES
    slower, faster = (tested & enough & seen.to_numpy() for seen in _seen(table))
    change = np.select(
        [~in_b, ~in_a, ~enough, slower, faster],
        [ONLY_IN_A, ONLY_IN_B, UNDECIDED, SLOWER, FASTER],
        WITHIN_NOISE,
    )
    note = np.select([in_a & in_b & ~enough, in_a & in_b & ~matters], [TOO_FEW, NOT_TESTED], "")
    return table.assign(change=change.astype(object), note=note.astype(object))


def _seen(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Whether the interval lies above 1, and below; times of zero against others count as well."""
    ratio = table["ratio"]
    return (table["ratio_low"] > 1) | np.isinf(ratio), (table["ratio_high"] < 1) | (ratio == 0)


def _pooled_ratio(a: Floats, b: Floats, level: float) -> Interval:
    """The geometric mean over sizes of b / a, with a t interval.

    Its variance is the sum of those within the sizes. Where whole rounds vary more than that, because
    what disturbs a round disturbs all of its sizes, the variance between the rounds is taken instead.
    """
    sides = [logs(side) for side in (a, b)]
    # Sizes at which one side has no time have no ratio.
    known = np.all([np.isfinite(side).any(axis=2) for side in sides], axis=0)
    sides = [np.where(known[..., None], side, np.nan) for side in sides]
    share = known / np.maximum(known.sum(axis=0), 1)
    parts = [[moments(raw) for raw in side] for side in sides]
    means = [np.stack([mean for _, mean, _ in part]) for part in parts]
    within = np.concatenate(
        [share**2 * np.stack([error for _, _, error in part]) for part in parts]
    )
    df = np.concatenate([np.stack([count - 1 for count, _, _ in part]) for part in parts])
    within = np.where(np.concatenate([known, known]), within, 0.0)
    df = np.where(np.concatenate([known, known]), df, 1.0)
    between = sum(
        _between_rounds(side, mean, share) for side, mean in zip(sides, means, strict=True)
    )
    half = t_quantile(satterthwaite(within, df), level)
    half *= np.sqrt(np.maximum(within.sum(axis=0), between))
    middle = np.where(known, share * (means[1] - means[0]), 0.0).sum(axis=0)
    middle = np.where(known.any(axis=0), middle, np.nan)
    return Interval(np.exp(middle), np.exp(middle - half), np.exp(middle + half))


def _between_rounds(values: Floats, means: Floats, share: Floats) -> Floats:
    """Squared error of a mean over sizes, from how much whole rounds differ."""
    count = np.maximum(np.isfinite(values).sum(axis=2, keepdims=True), 1)
    distances = np.nan_to_num((values - means[..., None]) * share[..., None] / count).sum(axis=0)
    rounds = np.isfinite(values).any(axis=0).sum(axis=1)
    squared: Floats = (distances**2).sum(axis=1) * rounds / np.maximum(rounds - 1, 1)
    return squared


def _with_ratio(a_ns: Floats, b_ns: Floats, ratio: Interval, roots: Roots) -> pd.DataFrame:
    # Times of zero have no logarithm, but what appears from nothing has an infinite ratio.
    appears, vanishes = (a_ns == 0) & (b_ns > 0), (a_ns > 0) & (b_ns == 0)
    return pd.DataFrame(
        {
            "a_ns": a_ns,
            "b_ns": b_ns,
            "difference_ns": b_ns - a_ns,
            "ratio": np.select([appears, vanishes], [np.inf, 0.0], ratio.estimate),
            "ratio_low": ratio.low,
            "ratio_high": ratio.high,
            "share": _shares(a_ns, roots[0]),
            "b_share": _shares(b_ns, roots[1]),
        }
    )


def _shares(times: Floats, root: int) -> Floats:
    return times / times[root] if times[root] > 0 else np.full_like(times, np.nan)


def _median(times: Floats) -> Floats:
    """Over the processes; NaN for rows that are in none."""
    found = np.full(times.shape[:-1], np.nan)
    present = np.isfinite(times).any(axis=-1)
    found[present] = np.nanmedian(times[present], axis=-1)
    return found


def _mean_times(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Means of the medians over the sizes that both sides have; of its own for a row of one side."""
    medians = [_median(side) for side in (a, b)]
    both = np.isfinite(medians[0]) & np.isfinite(medians[1])
    shared = both.any(axis=0)
    found = []
    for side in medians:
        counted = np.where(shared, both, np.isfinite(side))
        total = np.where(counted, side, 0.0).sum(axis=0)
        count = counted.sum(axis=0)
        found.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    return found[0], found[1]


def _fewest(times: Floats) -> npt.NDArray[np.int64]:
    """Processes of each row at the size that has the fewest, among those where it ran at all."""
    counts = np.isfinite(times).sum(axis=2)
    fewest: npt.NDArray[np.int64] = np.where(counts > 0, counts, counts.max() + 1).min(axis=0)
    return fewest
