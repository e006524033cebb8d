"""When everything of a forward happens, in whole nanoseconds, and to which layer it belongs.

A forward has the same events every time, so they are placed once; then each forward only needs its
times, a few arrays.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bench import _encoder as encoder
from bench._kernels import Activity
from bench._ops import Call

Ints = npt.NDArray[np.int64]

START_NS = 4_203_669_603_000_000
_LATENCY_NS, _IDLE_NS = 1_900, 600
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
    """

    events: tuple[Event, ...]
    work: tuple[tuple[Activity, int], ...]
    hidden: frozenset[int]

    def owner(self, launch: int) -> str | None:
        """The layer that a launch belongs to."""
        return self.events[launch].owner


@dataclass(frozen=True, slots=True)
class Forward:
    """The times of one forward: of its events (`enter`, `lasts`), of its device work (`start`, `busy`).

    `first` is the number of its first event in the whole trace.
    """

    thread: int
    first: int
    enter: Ints
    lasts: Ints
    start: Ints
    busy: Ints


@dataclass(frozen=True, slots=True)
class Step:
    """A marked step with its forwards."""

    number: int
    start: int
    end: int
    forwards: tuple[Forward, ...]


def schedule(
    *, no_launch: float, outside: bool, backward: bool, graphs: bool, seed: int
) -> Schedule:
    """The events of one forward; the arguments are those of `write_trace`."""
    placer = _Placer()
    body = encoder.encoder()
    calls = [encoder.with_graph(body) if graphs else body]
    if outside:
        calls = [*encoder.preprocessing(), *calls, *encoder.postprocessing()]
    for call in calls:
        placer.place(call)
    if backward:
        placer.place_backward()
    placer.place(encoder.synchronize())
    events = tuple(placer.events)
    launches = [number for number, event in enumerate(events) if event.call.activities]
    single = [number for number in launches if len(events[number].call.activities) == 1]
    count = round(no_launch * len(single))
    hidden = np.random.default_rng(seed).choice(single, count, replace=False).tolist()
    work = tuple((activity, n) for n in launches for activity in events[n].call.activities)
    return Schedule(events, work, frozenset(hidden))


class _Placer:
    """Puts calls in order and gives each its moments of beginning and end."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._moments = 0

    def place(
        self, call: Call, owner: str | None = None, op: int | None = None, *, backward: bool = False
    ) -> None:
        number = len(self.events)
        mine = op if op is not None and call.category == "cuda_runtime" else number
        event = Event(call, backward, mine, owner, self._moment(), exit=0)
        self.events.append(event)
        for inner in call.inside:
            self.place(inner, call.path or owner, number, backward=backward)
        self.events[number] = replace(event, exit=self._moment())

    def place_backward(self) -> None:
        """The backward of everything placed so far, last op first."""
        differentiable = [(n, event) for n, event in enumerate(self.events) if event.call.grad]
        for source, forward in reversed(differentiable):
            node = len(self.events) + 1
            self.place(encoder.backward_of(forward.call), forward.owner, backward=True)
            self.events[node] = replace(self.events[node], source=source)
            if forward.call.grad == "AddmmBackward0":
                self.place(encoder.accumulation(), backward=True)

    def _moment(self) -> int:
        self._moments += 1
        return self._moments - 1


def steps(
    plan: Schedule, *, count: int, forwards: int, threads: int, skew_ns: int, seed: int
) -> Iterator[Step]:
    """The steps of a trace, each with so many forwards; the same at every call."""
    clockwork = _Clockwork(plan, seed)
    clock = START_NS
    for number in range(count):
        clocks, done = [clock] * threads, []
        for place in range(forwards):
            thread = place % threads
            first = count + 1 + (number * forwards + place) * len(plan.events)
            forward, clocks[thread] = clockwork.forward(thread, first, clocks[thread])
            done.append(replace(forward, start=forward.start + skew_ns))
        yield Step(number, clock - _GAP_NS // 2, clocks[0] - _GAP_NS // 2, tuple(done))
        clock = max(clocks)


class _Clockwork:
    """Draws the times of forwards, one after the other."""

    def __init__(self, plan: Schedule, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._enter = np.array([event.enter for event in plan.events])
        self._exit = np.array([event.exit for event in plan.events])
        self._launch = np.array([launch for _, launch in plan.work])
        self._usual = np.array([activity.ns for activity, _ in plan.work])
        streams = np.array([activity.stream for activity, _ in plan.work])
        self._streams = [np.flatnonzero(streams == stream) for stream in np.unique(streams)]

    def forward(self, thread: int, first: int, clock: int) -> tuple[Forward, int]:
        """A forward that begins at the time given, and when the next one may."""
        passed = self._random.integers(200, 1_800, 2 * len(self._enter))
        moment = clock + np.cumsum(passed)
        busy = (self._usual * self._random.uniform(0.9, 1.2, len(self._usual))).astype(np.int64)
        ready = moment[self._enter[self._launch]] + _LATENCY_NS
        start = np.empty_like(busy)
        for rows in self._streams:
            start[rows] = _queued(ready[rows], busy[rows] + _IDLE_NS)
        # The forward's last event waits for the device.
        moment[-1] = max(int(moment[-1]), int((start + busy).max()))
        enter = moment[self._enter]
        result = Forward(thread, first, enter, moment[self._exit] - enter, start, busy)
        return result, int(moment[-1]) + _GAP_NS


def _queued(ready: Ints, takes: Ints) -> Ints:
    """When each item of a queue starts: once it is ready and the one before it is done.

    Example:
        >>> _queued(np.array([0, 1, 20]), np.array([5, 5, 5])).tolist()
        [0, 5, 20]
    """
    before = np.cumsum(takes) - takes
    return before + np.maximum.accumulate(ready - before)
