"""What a sweep tells whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass

from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.standing import Standing


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a sweep.

    Attributes:
        size: what is being measured; 0 before the first.
        round: in which round.
        forwards: forwards done since the last step.
        sample: the finished sample, at its end; else None.
        standing: how far the sweep is, at the end of a round; else None.
        remaining_s: how long it will take at most, once that is known.
        resumed: the whole sweep was there already.
    """

    size: int = 0
    round: int = 0
    forwards: int = 0
    sample: Sample | None = None
    standing: Standing | None = None
    remaining_s: float | None = None
    resumed: bool = False
