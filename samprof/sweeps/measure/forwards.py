"""Forwards of one module on the same inputs, each timed from start to a finished device."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from samprof.analysis.statistics.cpu_speed import clean_forwards, is_slowed
from samprof.record.session import synchronize
from samprof.sweeps.inputs import Arguments
from samprof.sweeps.measure.reference import Reference
from samprof.sweeps.measure.turns import AloneError, HandOn
from samprof.sweeps.plan import Plan

Advance = Callable[[int], None]
"""Told the number of forwards done since it was last told."""

_WORTH_NS = 350_000_000
"""Time that a process spends on timed forwards: longer says little more, for processes differ more
among themselves than the forwards of one."""
_LEAST, _MOST = 3, 8
_LONGEST_NS = 2_000_000_000
"""A series that took longer is not prolonged to see better times."""
_TURNS = 6
"""Turns of a process. More say little more of the same processes, and leave time for fewer of them."""
_TURN_NS = 100_000_000
"""A turn of shorter forwards has several, four at most."""
_MOST_IN_TURN = 4
_LONGEST_IN_TURN_NS = 2_000_000_000
"""Longer forwards see fast and slow times alike, and would wait long for each other."""
SLOW_NS = 3_000_000_000
"""Forwards as slow as this are not repeated beyond what is needed."""


class Forwards:
    """Calls a module again and again.

    Args:
        call: what is called.
        arguments: what it is called with; also an attribute.
        advance: told about each forward.
        reference: work that tells how fast the CPUs are; None where that does not matter.
        turn: hands the turn on, where processes take turns.

    Attributes:
        result: what the last forward gave; freed before the next one begins.
        last_ns: what the last forward took.
        reference_ns: the reference work before the first forward of a series and after each; in turns
            before and after each.
        latency_ns: cross-core latency before and after each forward of a series; only in turns.
        turns: how many the last series took, as many forwards in each.
    """

    def __init__(
        self,
        call: Callable[..., Any],
        arguments: Arguments,
        advance: Advance = lambda _: None,
        reference: Reference | None = None,
        turn: HandOn | None = None,
    ) -> None:
        self.arguments = arguments
        self._call, self._advance, self._reference, self._turn = call, advance, reference, turn
        self.reference_ns: list[int] = []
        self.latency_ns: list[float] = []
        self.turns = 0
        self.result: Any = None
        self.last_ns = 0

    def __call__(self, call: Callable[..., Any] | None = None) -> int:
        """Runs one forward; returns its wall time in ns.

        Args:
            call: what is called instead.
        """
        self.result = None
        start = time.perf_counter_ns()
        self.result = self.arguments.call(call or self._call)
        synchronize()
        self.last_ns = time.perf_counter_ns() - start
        self._advance(1)
        return self.last_ns

    def series(
        self,
        repeats: int | None = None,
        slowest_ns: float = math.inf,
        forward: Callable[[], int] | None = None,
        *,
        in_turns: bool = False,
    ) -> list[int]:
        """The wall times of so many forwards, in ns.

        One after the other, twice as many where the CPUs were slowed down meanwhile, until enough were
        not. In turns as many as asked, one in each.

        Args:
            repeats: how many; None: as many as are worth their time.
            slowest_ns: what the reference work takes at most at the usual speed.
            forward: what is called instead.
            in_turns: whether to take turns, where processes do.
        """
        self.reference_ns, self.latency_ns = [], []
        is_short = 0 < self.last_ns <= _LONGEST_IN_TURN_NS
        self.turns = 0
        if in_turns and is_short and self._turn is not None:
            with suppress(AloneError):
                return self._in_turns(self._turn, repeats, forward or self)
        repeats = repeats or self.worthwhile()
        wall: list[int] = []
        self._refer()
        while len(wall) < repeats or (
            len(wall) < 2 * repeats
            and sum(wall) < _LONGEST_NS
            and is_slowed(clean_forwards(self.reference_ns, len(wall), slowest_ns))
        ):
            wall.append((forward or self)())
            self._refer()
        return wall

    def _in_turns(self, turn: HandOn, repeats: int | None, forward: Callable[[], int]) -> list[int]:
        """The same, in turns: each waits for its turn, and the last one hands it on.

        Raises:
            AloneError: before the first turn, if there are none.
        """
        at_once = 1
        if repeats is None:
            at_once = max(1, min(_MOST_IN_TURN, round(_TURN_NS / max(self.last_ns, 1))))
        wall: list[int] = []
        before = turn()
        while self.turns < (repeats or _TURNS) and (repeats or not before.is_enough):
            self.turns += 1
            self._refer()
            for place in range(at_once):
                wall.append(forward())
                self._refer()
                if place + 1 < at_once:  # it is what comes before the next one, too
                    self.reference_ns += self.reference_ns[-1:]
            after = turn()
            if before.latency_ns is not None and after.latency_ns is not None:
                self.latency_ns += [before.latency_ns, after.latency_ns] * at_once
            before = after
        if len(self.latency_ns) != 2 * len(wall):
            self.latency_ns = []
        return wall

    def _refer(self) -> None:
        """Forwards of seconds see fast and slow times alike: what is around them says little."""
        if self._reference is not None and not self.is_slow:
            self.reference_ns.append(self._reference())

    def worthwhile(self) -> int:
        """How many forwards like the last one are worth their time: from 3, or 1 if slow, to 8."""
        if self.is_slow:
            return 1
        return max(_LEAST, min(_MOST, round(_WORTH_NS / max(self.last_ns, 1))))

    @property
    def is_slow(self) -> bool:
        """Whether the last forward took so long that none should be spent needlessly."""
        return self.last_ns > SLOW_NS


def warm_up(forward: Forwards, plan: Plan, *, all_of_it: bool) -> list[int]:
    """The wall times of the plan's warm-up; a slow module is warm after its first forward.

    Args:
        forward: what is warmed up.
        plan: how often.
        all_of_it: whether timed forwards follow, or such whose page faults are counted: an allocator may
            take fresh memory for the second forward, too. Else the recording's own first forward is one
            of these.
    """
    times: list[int] = []
    most = plan.warmup if all_of_it else plan.warmup - 1
    while len(times) < most and not (times and forward.is_slow and plan.repeats is None):
        times.append(forward())
    return times
