"""How long a measurement will probably take."""

from __future__ import annotations

from collections.abc import Mapping

_SLOW = ("float32", "eager", "sdpa", "compile")
_FASTER = 0.35  # TF32 and bf16, as a share of the time in float32


class TimeEstimates:
    """Seconds per image, learnt from the measurements that ran.

    Args:
        seconds_per_image: model -> seconds per image in float32, until something is learnt.
        seconds_per_point: what a measurement takes besides: profiler, export, reading.
    """

    def __init__(self, seconds_per_image: Mapping[str, float], seconds_per_point: float) -> None:
        self._guessed = dict(seconds_per_image)
        self._fixed = seconds_per_point
        self._seen: dict[tuple[str, str], float] = {}

    def expected(self, model: str, precision: str, images: int) -> float:
        """Seconds that this number of images will take."""
        guess = self._guessed.get(model, 0.0) * (1.0 if precision in _SLOW else _FASTER)
        return self._fixed + self._seen.get((model, precision), guess) * images

    def learn(self, model: str, precision: str, images: int, seconds: float) -> None:
        """Takes note of a measurement; a short one is mostly overhead, and teaches nothing."""
        if seconds > 2 * self._fixed:
            self._seen[model, precision] = (seconds - self._fixed) / images
