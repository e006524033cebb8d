"""What is in a made-up trace, known because it was put there."""

from dataclasses import dataclass

import numpy as np

from bench._memory import Calls, Memory
from bench._schedule import ALLOCATED_BEFORE, Ints, Schedule, Step

QUEUED_NS = 5_000
"""A kernel that starts no more than this after it could is said to have waited for its launch."""
_OUTSIDE, _HIDDEN = "(outside)", "(no launch)"


@dataclass(frozen=True, slots=True)
class Layer:
    """What is in a layer, with the layers inside it, over all steps.

    Attributes:
        kernels: kernels, copies and fills.
        device_ns: the sum of their durations.
        busy_ns: the time in which at least one of them runs.
        gap_ns: the time right before them in which nothing ran on the device, within a step.
        launch_gap_ns: the part before kernels that started as soon as they were launched.
        flops, matrix_flops, bytes: of the ops of the forward.
    """

    kernels: int
    device_ns: int
    busy_ns: int
    gap_ns: int
    launch_gap_ns: int
    flops: int
    matrix_flops: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What is in a trace.

    Attributes:
        events: entries of traceEvents.
        steps: ProfilerStep annotations on the host.
        activities: kernels, copies and fills.
        device_ns: the sum of their durations.
        busy_ns: the time in which at least one of them runs.
        device_self_ns: path of a range -> the part that was launched there and in no range inside it.
        outside_ns: the part that was launched outside of every range.
        no_launch_ns: the part whose launch is not in the trace.
        lost: of each step, launches of one kernel whose kernel is not in the trace.
        kernels: of each step, kernels whose launch is in the trace, and they are.
        peak_bytes: the most that is allocated at once.
        outside_memory: allocations, allocated and freed bytes outside of every range.
        layers: path of a range -> what is in it.
        memory: path of a range -> what it needs.
    """

    events: int
    steps: int
    activities: int
    device_ns: int
    busy_ns: int
    device_self_ns: dict[str, int]
    outside_ns: int
    no_launch_ns: int
    lost: tuple[int, ...]
    kernels: tuple[int, ...]
    peak_bytes: int
    outside_memory: tuple[int, int, int]
    layers: dict[str, Layer]
    memory: dict[str, Memory]


class Ledger:
    """Takes the steps of a trace one by one, and says what is in all of them."""

    def __init__(self, plan: Schedule) -> None:
        self._plan = plan
        paths = [event.call.path for event in plan.events if event.call.path is not None]
        self._paths = list(dict.fromkeys(paths))
        self._owner = np.array(
            [
                _HIDDEN if launch in plan.hidden else plan.owner(launch) or _OUTSIDE
                for _, launch in plan.work
            ]
        )
        self._calls, self._peak, self._forwards = Calls(), ALLOCATED_BEFORE, 0
        self._shown: list[tuple[Ints, ...]] = []
        self._lost: list[int] = []
        self._kernels: list[int] = []

    def add(self, step: Step) -> None:
        plan, single = self._plan, self._plan.launched
        graph = np.array([len(plan.events[launch].call.activities) > 1 for _, launch in plan.work])
        self._lost.append(sum(int((~one.kept & ~graph).sum()) for one in step.forwards))
        self._kernels.append(sum(int((one.kept & single).sum()) for one in step.forwards))
        self._forwards += len(step.forwards)
        for one in step.forwards:
            number = np.full(len(one.busy), step.number)
            columns = (number, np.arange(len(one.busy)), one.start, one.busy, one.ready)
            self._shown.append(tuple(column[one.kept] for column in columns))
        self._add_memory(step)

    def _add_memory(self, step: Step) -> None:
        time = np.concatenate([forward.changed for forward in step.forwards])
        order = np.argsort(time)
        time = time[order]
        total = np.concatenate([forward.total for forward in step.forwards])[order]
        self._peak = max(self._peak, int(total.max(initial=0)))
        level = [ALLOCATED_BEFORE, *total.tolist()]
        for forward in step.forwards:
            for number, event in enumerate(self._plan.events):
                if event.call.path is not None:
                    start = int(forward.enter[number])
                    first, last = np.searchsorted(time, [start, start + forward.lasts[number]])
                    self._calls.add(event.call.path, start, level[first : last + 1])

    def truth(self, events: int) -> Truth:
        """What is in the steps that were added, in a file of so many events."""
        step, work, start, busy, ready = (
            np.concatenate(column) for column in zip(*self._shown, strict=True)
        )
        owner, end = self._owner[work], start + busy
        gap = _gaps(step, start, end)
        kernel = np.array([activity.category == "kernel" for activity, _ in self._plan.work])[work]
        prompt = kernel & (owner != _HIDDEN) & (start - ready <= QUEUED_NS)
        layers = {}
        for path in self._paths:
            inside = np.array([_within(one, path) for one in self._owner])[work]
            layers[path] = Layer(
                int(inside.sum()),
                int(busy[inside].sum()),
                _union(start[inside], end[inside]),
                int(gap[inside].sum()),
                int(gap[inside & prompt].sum()),
                *self._work(path),
            )
        own = {path: int(busy[owner == path].sum()) for path in self._paths}
        memory = self._own_memory()
        return Truth(
            events=events,
            steps=len(self._lost),
            activities=len(busy),
            device_ns=int(busy.sum()),
            busy_ns=_union(start, end),
            device_self_ns=own,
            outside_ns=int(busy[owner == _OUTSIDE].sum()),
            no_launch_ns=int(busy[owner == _HIDDEN].sum()),
            lost=tuple(self._lost),
            kernels=tuple(self._kernels),
            peak_bytes=self._peak,
            outside_memory=memory.get(None, (0, 0, 0)),
            layers=layers,
            memory=self._calls.result(memory),
        )

    def _work(self, path: str) -> tuple[int, int, int]:
        """FLOPs, those of matrix products, and bytes."""
        found = [
            event.call.work
            for event in self._plan.events
            if event.call.work and not event.backward and _within(event.owner or "", path)
        ]
        flops = sum(work.flops for work in found)
        matrix = sum(work.flops for work in found if work.matrix)
        moved = sum(work.bytes for work in found)
        return flops * self._forwards, matrix * self._forwards, moved * self._forwards

    def _own_memory(self) -> dict[str | None, tuple[int, int, int]]:
        """Allocations, and bytes allocated and released, by owner."""
        result: dict[str | None, tuple[int, int, int]] = {}
        for change in self._plan.memory:
            count, allocated, freed = result.get(change.owner, (0, 0, 0))
            size = change.size * self._forwards
            result[change.owner] = (
                count + self._forwards * (size > 0),
                allocated + max(size, 0),
                freed + max(-size, 0),
            )
        return result


def _within(owner: str, path: str) -> bool:
    return owner == path or owner.startswith(f"{path}.")


def _union(start: Ints, end: Ints) -> int:
    """The time in which at least one interval is open.

    Example:
        >>> _union(np.array([0, 5, 20]), np.array([10, 12, 21]))
        13
    """
    # One more is open after each start, one less after each end.
    time = np.concatenate([start, end])
    order = np.argsort(time)
    open_ = np.cumsum(np.repeat([1, -1], len(start))[order])
    return int(np.diff(time[order])[open_[:-1] > 0].sum())


def _gaps(step: Ints, start: Ints, end: Ints) -> Ints:
    """For each activity the time before it in which none was open, since its step's first began."""
    gap = np.zeros(len(start), np.int64)
    open_until, current = 0, -1
    order = np.lexsort((end, start, step))
    columns = (order, step[order], start[order], end[order])
    for row, number, begin, until in zip(*(one.tolist() for one in columns), strict=True):
        if number == current and begin > open_until:
            gap[row] = begin - open_until
        open_until = until if number != current else max(open_until, until)
        current = number
    return gap
