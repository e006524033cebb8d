"""Stream captures: what is launched between begin and end of one runs nothing, but becomes a graph."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from samprof.trace.model.events import ABSENT, DEVICE_KINDS, Events, Ints, Kind, Mask
from samprof.trace.model.nesting import Nesting

_BEGIN = re.compile(r"^(cu|cuda|hip|musa)StreamBeginCapture")
_END = re.compile(r"^(cu|cuda|hip|musa)StreamEndCapture")
_KINDS = {
    Kind.KERNEL: re.compile(r"^(cu|cuda|hip|musa|xpu|mtia)\w*Launch\w*Kernel", re.IGNORECASE),
    Kind.MEMCPY: re.compile(r"^(cu|cuda|hip|musa)Memcpy", re.IGNORECASE),
    Kind.MEMSET: re.compile(r"^(cu|cuda|hip|musa)Memset", re.IGNORECASE),
}
_BEGINNING, _ENDING = 1, 2
Kinds = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Capture:
    """One stream capture.

    Attributes:
        thread: the thread that captured.
        start, end: when it began and ended; the first and last time of the trace where it does not say.
        launches: rows of the launches that were captured, in their order.
        kinds: what each of them becomes in the graph: kernel, copy or fill.
        kernels: the name of what each of them ran in an earlier recording; -1 if that is not known.
        forwards: for a launch of a backward, on autograd's thread, the row of the event in the forward
            that it leads back to; else -1.
    """

    thread: int
    start: int
    end: int
    launches: Ints
    kinds: Kinds
    kernels: Ints
    forwards: Ints

    def threads(self, events: Events) -> Ints:
        """The thread that captured, and those of autograd on which a backward was captured with it."""
        found: Ints = np.unique(np.append(events.thread[self.launches], self.thread))
        return found

    def around(self, events: Events, nested: Nesting) -> tuple[Ints, Mask]:
        """The innermost interval around each launch, else around its forward (R3) in this capture.

        Args:
            events: of the trace.
            nested: intervals that were entered during captures, and those around them.

        Returns:
            Index of the interval, -1 for none; and for which launches it is around the forward.
        """
        rows = self.launches
        found: Ints = nested.innermost(events.thread[rows], events.ts[rows]).astype(np.int64)
        time = events.ts[self.forwards]
        back = (found < 0) & (self.forwards >= 0) & (time >= self.start) & (time < self.end)
        row = self.forwards[back]
        found[back] = nested.innermost(events.thread[row], events.ts[row])
        return found, back & (found >= 0)


def launch_kinds(names: tuple[str, ...]) -> Kinds:
    """By name of a runtime or driver call, the `Kind` of what it puts on the device; else 0.

    Example:
        >>> launch_kinds(("cudaLaunchKernelExC", "hipMemsetAsync", "cudaStreamSynchronize")).tolist()
        [6, 8, 0]
    """
    result = np.zeros(len(names), np.int8)
    for kind, pattern in _KINDS.items():
        result[[code for code, name in enumerate(names) if pattern.match(name)]] = kind
    return result


def find_captures(events: Events, names: tuple[str, ...]) -> tuple[Capture, ...]:
    """The captures of a trace, in order of their start.

    A capture belongs to the thread that began it; see `with_backwards` for what autograd adds. A launch
    inside it that has device activity went to another stream, and is not part of it.
    """
    meaning = np.zeros(len(names), np.int8)
    for code, name in enumerate(names):
        if "Capture" in name:
            meaning[code] = _BEGINNING if _BEGIN.match(name) else _ENDING * bool(_END.match(name))
    if not meaning.any():
        return ()
    runtime = events.of(Kind.RUNTIME, Kind.HELD_RUNTIME)
    marks = runtime[meaning[events.name[runtime]] > 0]
    kinds = launch_kinds(names)
    launches = launches_in_order(events, kinds)
    ran = has_activity(events, launches)
    found = []
    for thread in np.unique(events.thread[marks]).tolist():
        mine = marks[events.thread[marks] == thread]
        here = events.thread[launches] == thread
        own, own_ran = launches[here], ran[here]
        ran_at = events.ts[own[own_ran]]
        free = own[~own_ran]
        time = events.ts[free]
        taken = np.zeros(len(free), bool)
        for start, end in _spans(events, mine, meaning, ran_at):
            inside = (time >= start) & (time < end) & ~taken
            taken |= inside
            rows = free[inside]
            ran_before = np.where(
                events.kind[rows] == Kind.HELD_RUNTIME, events.sequence[rows], ABSENT
            )
            kernels = np.maximum(ran_before, -1)
            none = np.full(len(rows), -1, np.int64)
            found.append(Capture(thread, start, end, rows, kinds[events.name[rows]], kernels, none))
    return tuple(sorted(found, key=lambda one: (one.start, one.end, one.thread)))


def launches_in_order(events: Events, kinds: Kinds) -> Ints:
    """Rows of all launches, also of held ones, in order of time; `kinds` as of `launch_kinds`."""
    runtime = events.of(Kind.RUNTIME, Kind.HELD_RUNTIME)
    rows = runtime[kinds[events.name[runtime]] > 0]
    return in_order(events, rows)


def in_order(events: Events, rows: Ints) -> Ints:
    """The rows in order of time; what began at the same time by correlation id."""
    return rows[np.lexsort((events.link[rows], events.ts[rows]))]


def has_activity(events: Events, launches: Ints) -> Mask:
    """Which launches have a device activity of their correlation id."""
    link = events.link[launches]
    found: Mask = np.isin(link, events.link[events.of(*DEVICE_KINDS)])
    found &= link != ABSENT
    return found


def _spans(events: Events, marks: Ints, meaning: Kinds, ran_at: Ints) -> Iterator[tuple[int, int]]:
    """Start and end of each capture of one thread, inner ones first.

    A capture whose begin or end is not in the file reaches to the nearest launch that ran.
    """
    marks = in_order(events, marks)
    open_: list[int] = []
    last, until = 0, -1
    for row in marks.tolist():
        what, time = int(meaning[events.name[row]]), int(events.ts[row])
        if what == last and time < until:
            continue  # the driver's call inside the runtime's
        last, until = what, time + int(events.dur[row])
        if what == _BEGINNING:
            open_.append(time)
        elif open_:
            yield open_.pop(), time
        else:
            before = ran_at[ran_at < time]
            yield int(before[-1]) + 1 if len(before) else int(events.ts.min()), time
    for start in reversed(open_):
        after = ran_at[ran_at >= start]
        yield start, int(after[0]) if len(after) else int(events.ts.max()) + 1
