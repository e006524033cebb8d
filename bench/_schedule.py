"""When everything of a forward happens, in whole nanoseconds, and to which layer it belongs.

A forward has the same events every time, so they are placed once; then each forward only needs its
times, a few arrays.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle

import numpy as np
import numpy.typing as npt

from bench import _encoder as encoder
from bench._kernels import MAIN_STREAM, SIDE_STREAM, Activity
from bench._memory import Change, in_order
from bench._ops import Call
from bench._options import Hard
from bench._pace import BEATS

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

ALLOCATED_BEFORE = 400_000_000
_LATENCY_NS = 1_900
_GAP_NS = 50_000


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the host in a forward.

    Attributes:
        call: what it is.
        backward: on the autograd thread.
        op: number of the op around a runtime call, of an op its own.
        owner: the innermost range around it; in a backward, around the forward op it comes from.
        enter, exit: places among the forward's moments.
        source: number of the forward op that a fwdbwd flow leads from.
    """

    call: Call
    backward: bool
    op: int
    owner: str | None
    enter: int
    exit: int
    source: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The events of one forward.

    Attributes:
        events: in the order in which they begin.
        work: each device activity with the number of the event that launches it.
        hidden: numbers of the launches that the trace does not show.
        memory: what is allocated and released, in order; together nothing.
    """

    events: tuple[Event, ...]
    work: tuple[tuple[Activity, int], ...]
    hidden: frozenset[int]
    memory: tuple[Change, ...]

    def owner(self, launch: int) -> str | None:
        """The layer that a launch belongs to."""
        return self.events[launch].owner

    @property
    def launched(self) -> Mask:
        """Which of the work are kernels whose launch is in the trace."""
        return np.array(
            [
                activity.category == "kernel" and launch not in self.hidden
                for activity, launch in self.work
            ]
        )


@dataclass(frozen=True, slots=True)
class Forward:
    """The times of one forward.

    Attributes:
        thread: which thread runs it.
        first: the number of its first event in the whole trace.
        enter, lasts: of its events.
        ready: when each of its device work could start at the earliest.
        start, busy: when it started, and how long it took.
        kept: which of it is in the trace.
        changed: when memory is allocated or released.
        total: what is allocated on the device after that.
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


def schedule(hard: Hard, seed: int) -> Schedule:
    """The events of one forward."""
    placer = _Placer(hard)
    body = encoder.encoder()
    calls = [encoder.with_graphs(body) if hard.graphs else body]
    if hard.outside:
        calls = [*encoder.preprocessing(), *calls, *encoder.postprocessing()]
    held = [one for call in calls for one in placer.place(call)]
    if hard.backward:
        held += placer.place_backward()
    end = len(placer.events)
    placer.place(encoder.synchronize())
    placer.release(held, end)
    events = tuple(placer.events)
    launches = [number for number, event in enumerate(events) if event.call.activities]
    single = [number for number in launches if len(events[number].call.activities) == 1]
    count = round(hard.no_launch * len(single))
    hidden = np.random.default_rng(seed).choice(single, count, replace=False).tolist()
    work = tuple((activity, n) for n in launches for activity in events[n].call.activities)
    return Schedule(events, work, frozenset(hidden), in_order(placer.changes))


class _Placer:
    """Puts calls in order and gives each its moments of beginning and end."""

    def __init__(self, hard: Hard) -> None:
        self.events: list[Event] = []
        self.changes: list[Change] = []
        self._backward = hard.backward
        self._moments = 0
        self._launches = cycle(hard.launches)

    def place(
        self, call: Call, owner: str | None = None, op: int | None = None, *, backward: bool = False
    ) -> list[int]:
        """Adds a call and all inside it; the result are the events whose memory outlives it."""
        number = len(self.events)
        if call.name == "cudaLaunchKernel":
            call = replace(call, name=next(self._launches))
        mine = op if op is not None and call.category == "cuda_runtime" else number
        event = Event(call, backward, mine, owner, self._moment(), exit=0)
        self.events.append(event)
        held = []
        if call.size:
            self.changes.append(
                Change(number, call.size, event.enter, 0, None if backward else owner, backward)
            )
            # What autograd needs for the backward stays until then.
            if not (self._backward and call.grad):
                held.append(number)
        for inner in call.inside:
            held += self.place(inner, call.path or owner, number, backward=backward)
        self.events[number] = replace(event, exit=self._moment())
        if call.path is None:
            return held
        # A layer keeps what it allocated last, its output.
        for place, one in enumerate(held[:-1]):
            self._free(one, self.events[number].exit, -2 - 2 * place, call.path)
        return held[-1:]

    def place_backward(self) -> list[int]:
        """The backward of everything placed so far, last op first; what it allocates is kept."""
        differentiable = [(n, event) for n, event in enumerate(self.events) if event.call.grad]
        held = []
        for source, forward in reversed(differentiable):
            node = len(self.events) + 1
            held += self.place(encoder.backward_of(forward.call), forward.owner, backward=True)
            self.events[node] = replace(self.events[node], source=source)
            if forward.call.size:
                self._free(source, self.events[node].enter, 0, None, backward=True)
            if forward.call.grad == "AddmmBackward0":
                held += self.place(encoder.accumulation(), backward=True)
        return held

    def release(self, held: Sequence[int], event: int) -> None:
        """Releases what is left, at the beginning of an event."""
        for place, one in enumerate(held):
            self._free(one, self.events[event].enter, 2 * place, None)

    def _free(
        self, number: int, moment: int, offset: int, owner: str | None, *, backward: bool = False
    ) -> None:
        size = self.events[number].call.size
        self.changes.append(Change(number, -size, moment, offset, owner, backward))

    def _moment(self) -> int:
        self._moments += 1
        return self._moments - 1


def steps(plan: Schedule, hard: Hard, *, count: int, forwards: int, seed: int) -> Iterator[Step]:
    """The steps of a trace, each with so many forwards; the same at every call."""
    clockwork, losses = _Clockwork(plan, hard, seed), _Losses(plan, hard, seed)
    clock, threads = hard.start_ns, 2 if hard.two_threads else 1
    for number in range(count):
        clocks, done = [clock] * threads, []
        for place in range(forwards):
            thread = place % threads
            first = count + 1 + (number * forwards + place) * len(plan.events)
            forward, clocks[thread] = clockwork.forward(thread, first, clocks[thread])
            done.append(forward)
        end = max(clocks)
        done = losses.of_step(number, _with_totals(plan, done))
        yield Step(number, clock - _GAP_NS // 2, end - _GAP_NS // 2, tuple(done))
        clock = end


class _Clockwork:
    """Draws the times of forwards, one after the other."""

    def __init__(self, plan: Schedule, hard: Hard, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._beat, self._skew_ns = BEATS[hard.pace], hard.skew_ns
        self._enter = np.array([event.enter for event in plan.events])
        self._exit = np.array([event.exit for event in plan.events])
        self._launch = np.array([launch for _, launch in plan.work])
        self._usual = np.array([activity.ns for activity, _ in plan.work])
        streams = np.array([activity.stream for activity, _ in plan.work])
        if self._beat.in_turn:
            streams[streams == SIDE_STREAM] = MAIN_STREAM
        self._streams = [np.flatnonzero(streams == stream) for stream in np.unique(streams)]
        self._memory = np.array([change.moment for change in plan.memory])
        self._offset = np.array([change.offset for change in plan.memory])

    def forward(self, thread: int, first: int, clock: int) -> tuple[Forward, int]:
        """A forward that begins at the time given, and when the next one may."""
        beat = self._beat
        passed = self._random.integers(200, 1_800, 2 * len(self._enter)) * beat.host
        moment = clock + np.cumsum(passed)
        usual = np.minimum(self._usual * beat.device, beat.longest_ns)
        busy = (usual * self._random.uniform(0.9, 1.2, len(usual))).astype(np.int64)
        ready = moment[self._enter[self._launch]] + _LATENCY_NS
        start = np.empty_like(busy)
        for rows in self._streams:
            start[rows] = _queued(ready[rows], busy[rows] * (1 + beat.pause) + beat.idle_ns)
        # The forward's last event waits for the device.
        moment[-1] = max(int(moment[-1]), int((start + busy).max()))
        enter, changed = moment[self._enter], moment[self._memory] + self._offset
        # Threads allocate at even or at odd times: never at the same, where the order would be open.
        changed += (changed + thread) % 2
        kept, skew = np.ones(len(busy), bool), self._skew_ns
        result = Forward(
            *(thread, first, enter, moment[self._exit] - enter),
            *(ready + skew, start + skew, busy, kept, changed),
        )
        return result, int(moment[-1]) + _GAP_NS


class _Losses:
    """Chooses the kernels that are not in the trace though their launch is."""

    def __init__(self, plan: Schedule, hard: Hard, seed: int) -> None:
        # A generator of its own, so that what is left is as if nothing had been lost.
        self._random = np.random.default_rng([seed, 1])
        self._hard = hard
        self._launched = plan.launched
        self._launch = np.array([launch for _, launch in plan.work])

    def of_step(self, number: int, forwards: Sequence[Forward]) -> list[Forward]:
        launched = np.stack([forward.enter[self._launch] for forward in forwards])
        lost = self._random.random(launched.shape) < self._hard.lost_share
        # In the order of their launches; what cannot be lost comes last.
        order = np.lexsort((launched.ravel(), np.tile(~self._launched, len(forwards))))
        lost.ravel()[order[: self._hard.lost_first.get(number, 0)]] = True
        lost &= self._launched
        return [replace(one, kept=~gone) for one, gone in zip(forwards, lost, strict=True)]


def _with_totals(plan: Schedule, forwards: Sequence[Forward]) -> list[Forward]:
    """The forwards of a step, with what is allocated after each change, by whichever thread."""
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
