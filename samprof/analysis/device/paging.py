"""Paging: an operating system that hands the same memory out anew for every forward.

Where an allocator returns large blocks to the operating system as soon as they are free, every forward
touches fresh pages, and each one costs a fault. No layer can help that; another allocator can.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from samprof.units import digits

MOST_SYSTEM_SHARE = 0.05
"""From this share of system time on, with faults, paging is what limits a point."""
FEWEST_FAULTS = 100
"""Faults per unit below this do not explain a measurable share of the time: a fault takes about 1 us."""
REMEDIES = {
    "tcmalloc": "install tcmalloc (Debian and Ubuntu: apt install libtcmalloc-minimal4) and preload "
    "it: LD_PRELOAD=libtcmalloc_minimal.so.4 TCMALLOC_RELEASE_RATE=0",
    "jemalloc": "install jemalloc (Debian and Ubuntu: apt install libjemalloc2) and preload it: "
    "LD_PRELOAD=libjemalloc.so.2 "
    "MALLOC_CONF=oversize_threshold:0,dirty_decay_ms:-1,muzzy_decay_ms:-1",
}
"""By allocator: how to get one that keeps its memory."""
_PAST = "find what maps memory past {}, which was in use"


@dataclass(frozen=True, slots=True)
class Paging:
    """What a variant loses to paging, at the size that loses the most.

    Attributes:
        system_share: of the CPU time, spent in the operating system.
        faults_per_unit: page faults per unit of work.
        remedy: what to do about it.
        speedup: what the remedy was measured to give; None where it was not measured.
    """

    system_share: float
    faults_per_unit: float
    remedy: str
    speedup: float | None = None

    def reason(self, unit: str) -> str:
        """The reason in a sentence.

        Example:
            >>> print(Paging(0.35, 33_000.0, "").reason("image").replace(" (", chr(10) + "("))
            Paging: the operating system spends 35% of the time handing out memory anew
            (33,000 page faults per image).
        """
        return (
            f"Paging: the operating system spends {self.system_share:.0%} of the time handing out "
            f"memory anew ({self.faults_per_unit:,.0f} page faults per {unit})."
        )

    def advice(self) -> str:
        """The remedy in a sentence, with its measured speed-up.

        Example:
            >>> Paging(0.35, 33_000.0, "preload another allocator", 1.72).advice()
            'To avoid it, preload another allocator (measured here: 1.72x).'
        """
        measured = "" if self.speedup is None else f" (measured here: {digits(self.speedup)}x)"
        return f"To avoid it, {self.remedy}{measured}."


def is_paging(system_share: float, faults_per_unit: float) -> bool:
    """Whether paging limits a point or a layer; False where it was not measured (NaN).

    Example:
        >>> is_paging(0.35, 33_000), is_paging(0.35, 3), is_paging(float("nan"), 33_000)
        (True, False, False)
    """
    return system_share > MOST_SYSTEM_SHARE and faults_per_unit >= FEWEST_FAULTS


def paging_of(
    points: pd.DataFrame, allocator: str = "tcmalloc", speedup: float | None = None
) -> Paging | None:
    """What a variant loses to paging; None where that is nothing, or nothing was measured.

    Args:
        points: as `Run.points` gives them, of one variant; system_share and faults_per_unit may be
            missing.
        allocator: which one to recommend, a key of `REMEDIES`.
        speedup: what it was measured to give.
    """
    if not {"system_share", "faults_per_unit"} <= set(points.columns):
        return None
    pairs = zip(points["system_share"], points["faults_per_unit"], strict=True)
    limited = [(float(share), float(faults)) for share, faults in pairs if is_paging(share, faults)]
    if not limited:
        return None
    share, faults = max(limited)
    preloaded = sorted(set(points.get("allocator", pd.Series(dtype=object))) & set(REMEDIES))
    remedy = _PAST.format(preloaded[0]) if preloaded else REMEDIES[allocator]
    return Paging(share, faults, remedy, speedup)
