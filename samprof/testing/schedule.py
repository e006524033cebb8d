"""What happens in a forward, in which order, and to which layer it belongs.

Every forward has the same events, so they are placed once, at numbered moments. `samprof.testing.timing`
then gives each forward the times of these moments.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np
import numpy.typing as npt

from samprof.testing import encoder
from samprof.testing.calls import Call
from samprof.testing.kernels import Activity
from samprof.testing.memory import MemoryChange, in_order
from samprof.testing.options import TraceOptions

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Event:
    """An event on the host in a forward.

    Attributes:
        call: what it is.
        backward: whether it is on the autograd thread.
        op: index of the op around a runtime call; an op's own index.
        owner: the innermost range around it; in the backward, the range around its forward op.
        enter, exit: indices among the moments of the forward.
        source: index of the forward op from which a fwdbwd flow event leads here.
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
        activities: each device activity with the index of the event that launches it.
        hidden: indices of the launches that are missing from the trace.
        memory: what is allocated and freed, in order; the sizes add up to 0.
    """

    events: tuple[Event, ...]
    activities: tuple[tuple[Activity, int], ...]
    hidden: frozenset[int]
    memory: tuple[MemoryChange, ...]

    def owner(self, activity: int) -> str | None:
        """The layer to which a device activity belongs."""
        one, launch = self.activities[activity]
        return one.owner or self.events[launch].owner

    @property
    def launched(self) -> Mask:
        """Which activities are kernels whose launch is in the trace."""
        return np.array(
            [
                activity.category == "kernel" and launch not in self.hidden
                for activity, launch in self.activities
            ]
        )


def schedule(options: TraceOptions, seed: int) -> Schedule:
    """The events of one forward."""
    placer = _Placer(options)
    body = encoder.encoder()
    if options.graphs:
        body = encoder.with_graphs(body, options.captures, nodes=options.graph_nodes)
    calls = [body]
    if options.outside:
        calls = [*encoder.preprocessing(), *calls, *encoder.postprocessing()]
    held = [one for call in calls for one in placer.place(call)]
    if options.backward:
        held += placer.place_backward()
    end = len(placer.events)
    placer.place(encoder.synchronize())
    placer.release(held, end)
    events = tuple(placer.events)
    launches = [number for number, event in enumerate(events) if event.call.activities]
    single = [number for number in launches if len(events[number].call.activities) == 1]
    count = round(options.no_launch * len(single))
    hidden = np.random.default_rng(seed).choice(single, count, replace=False).tolist()
    activities = tuple((activity, n) for n in launches for activity in events[n].call.activities)
    return Schedule(events, activities, frozenset(hidden), in_order(placer.changes))


class _Placer:
    """Puts calls in order and gives each the moments at which it begins and ends."""

    def __init__(self, options: TraceOptions) -> None:
        self.events: list[Event] = []
        self.changes: list[MemoryChange] = []
        self._backward = options.backward
        self._moments = 0
        self._launches = cycle(options.launches)

    def place(
        self, call: Call, owner: str | None = None, op: int | None = None, *, backward: bool = False
    ) -> list[int]:
        """Adds a call and all inside it; returns the events whose memory outlives it."""
        number = len(self.events)
        if call.name == "cudaLaunchKernel":
            call = replace(call, name=next(self._launches))
        mine = op if op is not None and call.category == "cuda_runtime" else number
        event = Event(call, backward, mine, owner, self._moment(), exit=0)
        self.events.append(event)
        held = []
        if call.size:
            self.changes.append(
                MemoryChange(
                    number, call.size, event.enter, 0, None if backward else owner, backward
                )
            )
            # What autograd needs stays until the backward.
            if not (self._backward and call.grad):
                held.append(number)
        for inner in call.inside:
            held += self.place(inner, call.path or owner, number, backward=backward)
        self.events[number] = replace(event, exit=self._moment())
        if call.path is None:
            return held
        # A layer frees all but what it allocated last, its output.
        for place, one in enumerate(held[:-1]):
            self._free(one, self.events[number].exit, -2 - 2 * place, call.path)
        return held[-1:]

    def place_backward(self) -> list[int]:
        """Adds the backward of all events, last op first; returns those whose memory is left."""
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
        """Frees what is left when an event begins."""
        for place, one in enumerate(held):
            self._free(one, self.events[event].enter, 2 * place, None)

    def _free(
        self, number: int, moment: int, offset: int, owner: str | None, *, backward: bool = False
    ) -> None:
        size = self.events[number].call.size
        self.changes.append(MemoryChange(number, -size, moment, offset, owner, backward))

    def _moment(self) -> int:
        self._moments += 1
        return self._moments - 1
