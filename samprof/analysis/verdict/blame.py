"""The layer classes that hold larger sizes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from samprof.analysis.scaling.axis import Axis
from samprof.analysis.scaling.scaling import by_role, scaling_table
from samprof.analysis.statistics.classes import BAND, LOSES, NO_GAIN, SAME
from samprof.analysis.statistics.expected_error import ExpectedError, with_expected
from samprof.analysis.verdict import whole
from samprof.analysis.verdict.wording import interval_text, listed, ratio_text, sentence

_HOLDING = {
    whole.HELPS: (LOSES, NO_GAIN, SAME),
    whole.NO_GAIN: (LOSES, NO_GAIN, SAME),
    whole.HURTS: (LOSES, NO_GAIN),
}
"""Claim -> the classes that hold it back. What stays the same keeps a gain small, but hurts nobody."""
_MOST_BLAMED = 3
_SMALLEST_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Blame:
    """A layer class that is proven not to gain from larger sizes.

    Attributes:
        role: the layer class.
        share: its part of the time per unit at the largest size.
        size: the largest size.
        speedup: from the smallest to the largest size.
        speedup_low: lower end of its 95 % interval.
        speedup_high: the upper end.
        bound: what limits it, see `samprof.analysis.device.roofline`; empty where not asked.
    """

    role: str
    share: float
    speedup: float
    speedup_low: float
    speedup_high: float
    size: int
    bound: str = ""


def blamed(
    layers: pd.DataFrame, axis: Axis, claim: str, error: ExpectedError | None = None
) -> tuple[Blame, ...]:
    """The classes with the most time at the largest size, among those that are proven not to gain.

    Their class is proven at 90 %, and that they do not gain at 95 % too: that interval is printed.

    Args:
        layers: as `Run.layers` gives them, of one variant, clean and of one state; empty where there
            are no clean ones: nobody is blamed.
        axis: what the sizes count.
        claim: what larger sizes do, see `samprof.analysis.verdict.whole`; nobody is blamed where that is
            undecided.
        error: what to expect of numbers that were predicted; None where they were measured.
    """
    if claim not in _HOLDING or layers.empty:
        return ()
    roles = with_expected(scaling_table(by_role(layers), axis), error)
    roles["share"] = roles["unit_ns_largest"] / roles["unit_ns_largest"].sum()
    is_proven = roles["class"].isin(_HOLDING[claim]) & (roles["speedup_high"] < BAND)
    found = roles[is_proven & (roles["share"] >= _SMALLEST_SHARE)]
    most = found.sort_values("share", ascending=False, kind="stable").head(_MOST_BLAMED)
    columns = ["share", "speedup", "speedup_low", "speedup_high"]
    numbers, size = most[columns].to_numpy(float).tolist(), int(layers["size"].max())
    return tuple(
        Blame(str(role), share, speedup, low, high, size)
        for role, (share, speedup, low, high) in zip(most["path"], numbers, strict=True)
    )


def blame_sentence(blame: Sequence[Blame], axis: Axis) -> str:
    """Who holds it back, each with its share and its speed-up; empty for nobody.

    Example:
        >>> from samprof.analysis.scaling.axis import BATCH_SIZE
        >>> blame_sentence([Blame("MLP", 0.3, 0.8, 0.78, 0.82, 4)], BATCH_SIZE)
        'MLP (30% of the time per image at batch 4, 0.80x, 95% CI 0.78-0.82) holds it back.'
    """
    if not blame:
        return ""
    parts = []
    for place, entry in enumerate(blame):
        of_what = f" of the time per {axis.unit} at {axis.text(entry.size)}" if place == 0 else ""
        interval = interval_text(entry.speedup_low, entry.speedup_high)
        speedup = ratio_text(entry.speedup)
        parts.append(f"{entry.role} ({entry.share:.0%}{of_what}, {speedup}, {interval})")
    return sentence(f"{listed(parts)} {'holds' if len(parts) == 1 else 'hold'} it back")
