"""When everything in a trace happens, in whole nanoseconds, and which kernels are lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from samprof.testing.kernels import MAIN_STREAM, SIDE_STREAM
from samprof.testing.options import TraceOptions
from samprof.testing.schedule import Ints, Mask, Schedule
from samprof.testing.speeds import SPEEDS

ALLOCATED_BEFORE = 400_000_000
_LATENCY_NS = 1_900
_GAP_NS = 50_000


@dataclass(frozen=True, slots=True)
class Forward:
    """The times of one forward.

    Attributes:
        thread: which thread runs it.
        first: the number of its first event in the whole trace.
        enter, lasts: start and duration of each event.
        ready: the earliest time at which each device activity could start.
        start, busy: when the activity started, and how long it took.
        kept: whether the activity is in the trace.
        changed: when memory is allocated or freed.
        total: the bytes allocated on the device after that.
    """

    thread: int
    first: int
    enter: Ints
    lasts: Ints
    ready: Ints
    start: Ints
    busy: Ints
    kept: Mask
    changed: Ints
    total: Ints = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class Step:
    """A marked step with its forwards."""

    number: int
    start: int
    end: int
    forwards: tuple[Forward, ...]


def steps(
    plan: Schedule, options: TraceOptions, *, count: int, forwards: int, seed: int
) -> Iterator[Step]:
    """The `count` steps of a trace, each with `forwards` forwards; the same at every call."""
    times, losses = _Times(plan, options, seed), _Losses(plan, options, seed)
    clock, threads = options.start_ns, 2 if options.two_threads else 1
    for number in range(count):
        clocks, done = [clock] * threads, []
        for place in range(forwards):
            thread = place % threads
            first = count + 1 + (number * forwards + place) * len(plan.events)
            forward, clocks[thread] = times.forward(thread, first, clocks[thread])
            done.append(forward)
        end = max(clocks)
        done = losses.of_step(number, _with_totals(plan, done))
        yield Step(number, clock - _GAP_NS // 2, end - _GAP_NS // 2, tuple(done))
        clock = end


class _Times:
    """Draws the times of one forward after the other."""

    def __init__(self, plan: Schedule, options: TraceOptions, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._speed, self._skew_ns = SPEEDS[options.pace], options.skew_ns
        self._enter = np.array([event.enter for event in plan.events])
        self._exit = np.array([event.exit for event in plan.events])
        self._launch = np.array([launch for _, launch in plan.activities])
        self._usual = np.array([activity.ns for activity, _ in plan.activities])
        streams = np.array([activity.stream for activity, _ in plan.activities])
        if self._speed.in_turn:
            streams[streams == SIDE_STREAM] = MAIN_STREAM
        self._streams = [np.flatnonzero(streams == stream) for stream in np.unique(streams)]
        self._memory = np.array([change.moment for change in plan.memory])
        self._offset = np.array([change.offset for change in plan.memory])

    def forward(self, thread: int, first: int, clock: int) -> tuple[Forward, int]:
        """A forward that begins at `clock`, and the time at which the next one may begin."""
        speed = self._speed
        passed = self._random.integers(200, 1_800, 2 * len(self._enter)) * speed.host
        moment = clock + np.cumsum(passed)
        usual = np.minimum(self._usual * speed.device, speed.longest_ns)
        busy = (usual * self._random.uniform(0.9, 1.2, len(usual))).astype(np.int64)
        ready = moment[self._enter[self._launch]] + _LATENCY_NS
        start = np.empty_like(busy)
        for rows in self._streams:
            start[rows] = _queued(ready[rows], busy[rows] * (1 + speed.pause) + speed.idle_ns)
        # The forward's last event waits for the device.
        moment[-1] = max(int(moment[-1]), int((start + busy).max()))
        enter, changed = moment[self._enter], moment[self._memory] + self._offset
        # One thread allocates at even times, the other at odd ones, so that the order is never open.
        changed += (changed + thread) % 2
        kept, skew = np.ones(len(busy), bool), self._skew_ns
        result = Forward(
            *(thread, first, enter, moment[self._exit] - enter),
            *(ready + skew, start + skew, busy, kept, changed),
        )
        return result, int(moment[-1]) + _GAP_NS


class _Losses:
    """Chooses the kernels that are missing from the trace although their launch is there."""

    def __init__(self, plan: Schedule, options: TraceOptions, seed: int) -> None:
        # A random generator of its own: the remaining events are those of a trace without losses.
        self._random = np.random.default_rng([seed, 1])
        self._options = options
        self._launched = plan.launched
        self._launch = np.array([launch for _, launch in plan.activities])

    def of_step(self, number: int, forwards: Sequence[Forward]) -> list[Forward]:
        """The forwards of a step without the kernels that are lost in it."""
        launched = np.stack([forward.enter[self._launch] for forward in forwards])
        lost = self._random.random(launched.shape) < self._options.lost_share
        # In the order of their launches; those that cannot be lost come last.
        order = np.lexsort((launched.ravel(), np.tile(~self._launched, len(forwards))))
        lost.ravel()[order[: self._options.lost_first.get(number, 0)]] = True
        lost &= self._launched
        return [replace(one, kept=~gone) for one, gone in zip(forwards, lost, strict=True)]


def _with_totals(plan: Schedule, forwards: Sequence[Forward]) -> list[Forward]:
    """The forwards of a step with the bytes allocated after each change, by all threads together."""
    time = np.concatenate([forward.changed for forward in forwards])
    size = np.tile([change.size for change in plan.memory], len(forwards))
    order = np.argsort(time)
    total = np.empty_like(size)
    total[order] = ALLOCATED_BEFORE + np.cumsum(size[order])
    parts = np.split(total, len(forwards))
    return [replace(one, total=part) for one, part in zip(forwards, parts, strict=True)]


def _queued(ready: Ints, takes: Ints) -> Ints:
    """When each item of a queue starts: once it is ready and the one before it is done.

    Example:
        >>> _queued(np.array([0, 1, 20]), np.array([5, 5, 5])).tolist()
        [0, 5, 20]
    """
    before = np.cumsum(takes) - takes
    return before + np.maximum.accumulate(ready - before)
