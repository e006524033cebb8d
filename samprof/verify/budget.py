"""How much time is left, shared between the groups of checks."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class OutOfTime(BaseException):
    """The time is up. Not an Exception: code that goes on after errors must not go on after this."""


class Budget:
    """Time shared between groups: each may use its share of what is left, and the last one all of it.

    Args:
        seconds: the whole time, from now on.
        shares: (group, weight) in the order in which they run.
        clock: gives seconds that never decrease.
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
        """Starts a group; what the groups before it left over is shared between it and the rest."""
        names = [name for name, _ in self._shares]
        rest = self._shares[names.index(group) :]
        part = rest[0][1] / sum(weight for _, weight in rest)
        now = self._clock()
        self._group_end = now + (self._end - now) * part

    def fits(self, seconds: float) -> bool:
        """Whether the running group has that much time left."""
        now = self._clock()
        return now < self._group_end and now + seconds <= self._group_end

    @contextmanager
    def alarm(self) -> Iterator[None]:
        """Raises OutOfTime in the block when the whole time is up, on systems that can do that."""
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
