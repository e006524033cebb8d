"""How much time is left, and what a point will probably take of it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_SLOW = ("float32", "eager", "sdpa", "compile")
_FASTER = 0.35  # TF32 and bf16 against float32


class OutOfTime(BaseException):
    """The kit's time is up. Not an Exception: code that goes on after errors must not go on."""


class Budget:
    """Time shared between groups: each may use its share of what is left, the last one all of it.

    Args:
        seconds: all there is, from now on.
        shares: (group, weight) in the order in which they run.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        seconds: float,
        shares: Sequence[tuple[str, float]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._shares = list(shares)
        self._began = clock()
        self._end = self._began + seconds
        self._group_end = self._end

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._began

    def begin(self, group: str) -> None:
        """From now on this group runs; what those before it left over is shared anew."""
        names = [name for name, _ in self._shares]
        rest = self._shares[names.index(group) :]
        part = rest[0][1] / sum(weight for _, weight in rest)
        now = self._clock()
        self._group_end = now + (self._end - now) * part

    def fits(self, seconds: float) -> bool:
        """Whether the running group has so much left."""
        now = self._clock()
        return now < self._group_end and now + seconds <= self._group_end

    @contextmanager
    def alarm(self) -> Iterator[None]:
        """Raises OutOfTime in the block when all the time is up, where the system can do that."""
        able = (
            hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        )
        left = self._end - self._clock()
        if not able or left <= 0:
            yield
            return

        def ring(*_: Any) -> None:
            raise OutOfTime

        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, left)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


class Pace:
    """Seconds an image, learnt from the points that ran.

    Args:
        guessed: model -> seconds an image in float32, until something is learnt.
        fixed: seconds that a point takes besides: profiler, export, reading.
    """

    def __init__(self, guessed: dict[str, float], fixed: float) -> None:
        self._guessed = guessed
        self._fixed = fixed
        self._seen: dict[tuple[str, str], float] = {}

    def expected(self, model: str, mode: str, images: int) -> float:
        """Seconds that so many images will take."""
        guess = self._guessed.get(model, 0.0) * (1.0 if mode in _SLOW else _FASTER)
        return self._fixed + self._seen.get((model, mode), guess) * images

    def learn(self, model: str, mode: str, images: int, seconds: float) -> None:
        """What so many images took; a short point is mostly overhead, and teaches nothing."""
        if seconds > 2 * self._fixed:
            self._seen[model, mode] = (seconds - self._fixed) / images
