"""How long a measurement will probably take."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

_SLOW = ("float32", "eager", "sdpa", "compile")
_FASTER = 0.35  # TF32 and bf16, as a share of the time in float32


class TimeEstimates:
    """Seconds of a measurement: a pace per image and an overhead, both learnt from those that ran.

    Args:
        seconds_per_image: model -> seconds per image in float32, until something is learnt.
        seconds_per_point: what a measurement takes besides: profiler, export, reading.
    """

    def __init__(self, seconds_per_image: Mapping[str, float], seconds_per_point: float) -> None:
        self._guessed = dict(seconds_per_image)
        self._pace: dict[tuple[str, str], float] = {}
        self._overheads = [seconds_per_point]

    def pace(self, model: str, precision: str) -> float:
        """Seconds per image."""
        guess = self._guessed.get(model, 0.0) * (1.0 if precision in _SLOW else _FASTER)
        return self._pace.get((model, precision), guess)

    def expected(self, model: str, precision: str, images: int) -> float:
        """Seconds that a measurement of this number of images will take."""
        return statistics.median(self._overheads) + self.pace(model, precision) * images

    def learn(self, model: str, precision: str, images: int, seconds: float) -> None:
        """Takes note of a warm forward. The fastest counts: a small batch waits for the host."""
        pace, key = seconds / images, (model, precision)
        self._pace[key] = min(pace, self._pace.get(key, pace))

    def learn_overhead(self, seconds: float) -> None:
        """Takes note of what a measurement took besides its forwards.

        The median counts, so that what one of them paid for starting teaches nothing.
        """
        self._overheads.append(max(seconds, 0.0))
