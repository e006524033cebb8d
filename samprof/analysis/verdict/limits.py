"""What a batch may take at most, and which of the measured sizes to run within that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from samprof.analysis.scaling.axis import Axis
from samprof.analysis.verdict.wording import per_whole
from samprof.units import memory_limit_text, memory_text, time_limit_text, time_text

NEAR_BEST = 0.05


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a batch may take; None where nothing is said.

    Attributes:
        memory_bytes: its peak memory.
        latency_ns: wall time of a forward without the profiler; of a batch of points, where a forward
            runs many of them.
    """

    memory_bytes: int | None = None
    latency_ns: int | None = None

    def __bool__(self) -> bool:
        return self.memory_bytes is not None or self.latency_ns is not None

    def allow(self, peak_bytes: float, wall_ns: float) -> bool:
        """Whether both are within.

        Example:
            >>> Limits(100).allow(100, 5), Limits(100, 4).allow(100, 5)
            (True, False)
        """
        return (self.memory_bytes is None or peak_bytes <= self.memory_bytes) and (
            self.latency_ns is None or wall_ns <= self.latency_ns
        )

    def text(self, axis: Axis) -> str:
        """The limits in words.

        Example:
            >>> from samprof.analysis.scaling.axis import BATCH_SIZE
            >>> Limits(2 * 10**9, 200_000_000).text(BATCH_SIZE)
            'within 2 GB and under 200 ms per batch'
        """
        parts = []
        if self.memory_bytes is not None:
            parts.append(f"within {memory_limit_text(self.memory_bytes)}")
        if self.latency_ns is not None:
            parts.append(f"under {time_limit_text(self.latency_ns)} {per_whole(axis)}")
        return " and ".join(parts)

    def cost(self, peak_bytes: float, wall_ns: float) -> str:
        """What is limited of these two, in words; without limits the memory where it is known.

        Example:
            >>> Limits(latency_ns=5).cost(2**20, 1_000_000)
            '1.00 ms'
        """
        is_known = peak_bytes == peak_bytes
        asked = self.memory_bytes is not None or (not self and is_known)
        parts = [memory_text(peak_bytes) if is_known else "unknown memory"] if asked else []
        parts += [time_text(wall_ns)] if self.latency_ns is not None or not parts else []
        return " and ".join(parts)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the measured sizes.

    Attributes:
        index: which.
        why: why this one, to follow its description in a sentence.
        allowed: whether it is within the limits.
    """

    index: int
    why: str
    allowed: bool = True


def choose(
    throughput: Sequence[float],
    peaks: Sequence[float],
    walls: Sequence[float],
    limits: Limits,
    axis: Axis,
    *,
    larger_are_faster: bool = True,
) -> Choice:
    """The smallest size within 5 % of the best throughput of those that the limits allow.

    Args:
        throughput: of each size in any unit, sizes ascending.
        peaks: peak memory of each, in bytes.
        walls: wall time of each, in ns.
        limits: what each may take.
        axis: what the sizes count.
        larger_are_faster: False where none is proven to be faster than the smallest: then the smallest
            that the limits allow is chosen, whatever the throughput seems to be.

    Returns:
        That size; the smallest of all where the limits allow none.
    """
    if not larger_are_faster:
        throughput = [1.0] * len(walls)

    def allowed(some: Limits) -> list[int]:
        return [i for i in range(len(walls)) if some.allow(peaks[i], walls[i])]

    usual = f"the smallest within {NEAR_BEST:.0%} of the best"
    if not larger_are_faster:
        usual = "since no larger one is proven to be faster"
    free = _near_best(throughput, allowed(Limits()))
    within = allowed(limits)
    chosen = _near_best(throughput, within)
    if free is None or chosen is None:
        return Choice(0, "", allowed=False)
    if chosen == free:
        return Choice(chosen, usual if len(walls) > 1 else "")
    # One limit decides if it alone leads to the same size; else both do.
    alone = [replace(limits, latency_ns=None), replace(limits, memory_bytes=None)]
    deciding = [one for one in alone if one and _near_best(throughput, allowed(one)) == chosen]
    decided = deciding[0].text(axis) if len(deciding) == 1 else limits.text(axis)
    return Choice(chosen, f"{'the largest' if chosen == within[-1] else usual} {decided}")


def _near_best(throughput: Sequence[float], among: Sequence[int]) -> int | None:
    """The first of them that the best of them outruns by no more than 5 %."""
    best = max((throughput[index] for index in among), default=0.0)
    return next((i for i in among if throughput[i] * (1 + NEAR_BEST) >= best), None)
