"""Which size to try next, in the search for the largest whose memory is within a limit.

Memory is nearly linear in the size: the first try is where the line meets the limit, and the second is
usually the size next to it, which settles the answer. Where memory has steps, ever larger strides find
two sizes with the answer between them, and bisection narrows them down.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from samprof.analysis.device.memory import MemoryLine

TOLERANCE = 0.05
_NEVER_ABOVE = 1.5
_LINE_OF = 4
"""How many of the largest sizes that fit the line is fitted to: the answer is near them."""


@dataclass(slots=True)
class Bracket:
    """The largest size known to fit and the smallest known not to.

    Attributes:
        limit: bytes.
        most: the largest size to consider.
        peaks: peak bytes of each size that ran.
        low: the largest size that fits, below any that does not; 0 if none.
        high: the smallest size that does not fit; `most + 1` if none is known.
        predicted: the size that the peaks known at the beginning predict.
        tries: each size tried, with its peak bytes; None where it ran out of memory.
    """

    limit: int
    most: int
    peaks: dict[int, int]
    low: int = 0
    high: int = 0
    predicted: int = 1
    tries: list[tuple[int, int | None]] = field(default_factory=list)
    _steps: int = 1

    def __post_init__(self) -> None:
        too_large = [size for size, peak in self.peaks.items() if peak > self.limit]
        self.high = min([*too_large, self.most + 1])
        self.low = max([size for size in self.peaks if size < self.high], default=0)
        if self.peaks:
            self.predicted = min(self._line(self.peaks).largest(self.limit), self.most)

    def take(self, size: int, peak: int | None) -> None:
        """Takes the outcome of a try."""
        self.tries.append((size, peak))
        if peak is not None:
            self.peaks[size] = peak
        if peak is not None and peak <= self.limit:
            self.low = size
        else:
            self.high = size

    def next_size(self) -> int | None:
        """The size to try next, between the two that are known; None once the answer is known.

        Example:
            >>> bracket = Bracket(limit=1000, most=4096, peaks={1: 200, 2: 300})
            >>> bracket.next_size()
            9
            >>> bracket.take(9, 1000)
            >>> bracket.next_size()
            10
            >>> bracket.take(10, 1100)
            >>> bracket.next_size()
        """
        gap = self.high - self.low
        is_bracketed = self.low > 0 and self.high <= self.most
        if gap <= 1 or (is_bracketed and gap <= self.low * TOLERANCE):
            return None
        size = min(max(self._candidate(), self.low + 1), self.high - 1, self._safe())
        return size if size > self.low else None

    def _candidate(self) -> int:
        """Where a line meets the limit; later also steps that guarantee an end."""
        if not self.tries:
            return self.predicted
        extrapolated = self._between() or self._extrapolated()
        if len(self.tries) == 1:
            return extrapolated
        # A step of 5% ends the search if it crosses the limit; each further step is twice as long.
        if self.high > self.most:
            return max(extrapolated, self.low + self._step(self.low))
        middle = (self.low + self.high) // 2
        if not any(size == self.low for size, _ in self.tries):
            return min(extrapolated, max(self.high - self._step(self.high), middle))
        if len(self.tries) % 2:
            return middle
        return min(
            max(extrapolated, self.low + self._step(self.low)), (self.low + 2 * self.high) // 3
        )

    def _step(self, size: int) -> int:
        step = max(int(size * TOLERANCE), 1) * self._steps
        self._steps *= 2
        return step

    def _between(self) -> int:
        """Where the line through `low` and `high` meets the limit; 0 if one was not measured."""
        ends = (self.low, self.high)
        return self._line(ends).largest(self.limit) if all(e in self.peaks for e in ends) else 0

    def _extrapolated(self, share: float = 1.0) -> int:
        """Where the line through the largest sizes that fit meets this share of the limit."""
        fitting = [size for size in sorted(self.peaks) if size <= self.low][-_LINE_OF:]
        some = fitting if len(fitting) > 1 else list(self.peaks)
        return self._line(some).largest(self.limit * share) if some else 1

    def _safe(self) -> int:
        """The largest size that a line predicts to stay within 1.5 times the limit."""
        by_all = self._line(self.peaks).largest(self.limit * _NEVER_ABOVE) if self.peaks else 1
        return max(self._extrapolated(_NEVER_ABOVE), by_all)

    def _line(self, sizes: Iterable[int]) -> MemoryLine:
        return MemoryLine.through({float(size): self.peaks[size] for size in sizes})
