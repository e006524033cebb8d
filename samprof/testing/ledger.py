"""Adds up the steps of a generated trace into the truth about it."""

import numpy as np

from samprof.testing.memory import LayerPeaks
from samprof.testing.schedule import Ints, Schedule
from samprof.testing.timing import ALLOCATED_BEFORE, Step
from samprof.testing.truth import LayerTruth, Truth

QUEUED_NS = 5_000
"""A kernel that starts within this time of when it could have started was waiting for its launch."""
_OUTSIDE, _NO_LAUNCH = "(outside)", "(no launch)"


class Ledger:
    """Takes the steps of a trace one by one and gives the truth about all of them."""

    def __init__(self, plan: Schedule) -> None:
        self._plan = plan
        paths = [event.call.path for event in plan.events if event.call.path is not None]
        self._paths = list(dict.fromkeys(paths))
        self._owner = np.array(
            [
                _NO_LAUNCH if launch in plan.hidden else plan.owner(number) or _OUTSIDE
                for number, (_, launch) in enumerate(plan.activities)
            ]
        )
        self._layer_peaks, self._peak, self._forwards = LayerPeaks(), ALLOCATED_BEFORE, 0
        self._shown: list[tuple[Ints, ...]] = []
        self._lost: list[int] = []
        self._kernels: list[int] = []

    def add(self, step: Step) -> None:
        """Adds a step."""
        plan, single = self._plan, self._plan.launched
        graph = np.array(
            [len(plan.events[launch].call.activities) > 1 for _, launch in plan.activities]
        )
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
                    self._layer_peaks.add(event.call.path, start, level[first : last + 1])

    def truth(self, events: int) -> Truth:
        """The truth about the steps that were added, in a file with that number of events."""
        step, activity, start, busy, ready = (
            np.concatenate(column) for column in zip(*self._shown, strict=True)
        )
        owner, end = self._owner[activity], start + busy
        gap = _gaps(step, start, end)
        kernel = np.array([one.category == "kernel" for one, _ in self._plan.activities])[activity]
        prompt = kernel & (owner != _NO_LAUNCH) & (start - ready <= QUEUED_NS)
        layers = {}
        for path in self._paths:
            inside = np.array([_within(one, path) for one in self._owner])[activity]
            layers[path] = LayerTruth(
                int(inside.sum()),
                int(busy[inside].sum()),
                _union(start[inside], end[inside]),
                int(gap[inside].sum()),
                int(gap[inside & prompt].sum()),
                *self._op_costs(path),
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
            no_launch_ns=int(busy[owner == _NO_LAUNCH].sum()),
            lost=tuple(self._lost),
            kernels=tuple(self._kernels),
            captured=sum(event.call.is_captured for event in self._plan.events) * self._forwards,
            peak_bytes=self._peak,
            outside_memory=memory.get(None, (0, 0, 0)),
            layers=layers,
            memory=self._layer_peaks.result(memory),
        )

    def _op_costs(self, path: str) -> tuple[int, int, int]:
        """FLOPs, the part of them in matrix products, and bytes."""
        found = [
            event.call.cost
            for event in self._plan.events
            if event.call.cost and not event.backward and _within(event.owner or "", path)
        ]
        flops = sum(cost.flops for cost in found)
        matrix = sum(cost.flops for cost in found if cost.matrix)
        moved = sum(cost.bytes for cost in found)
        return flops * self._forwards, matrix * self._forwards, moved * self._forwards

    def _own_memory(self) -> dict[str | None, tuple[int, int, int]]:
        """Owner -> allocations, allocated and freed bytes."""
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
    """For each activity, the time before it in which none ran, from the first one of its step on."""
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
