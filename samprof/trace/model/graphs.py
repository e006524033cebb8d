"""Graph launches, each with the capture that its activities come from, where the trace proves it (R5).

One launch of a CUDA or HIP graph starts many activities. They are those of a capture if the two agree in
number, in kind (kernel, copy, fill) and in every name that can be compared, one by one in the order of
the capture. Where anything disagrees, nothing is split, and the reason is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from samprof.trace.model.captures import Capture
from samprof.trace.model.events import ABSENT, Events, Integers, Ints, Kind

_WORDS = {Kind.KERNEL: "a kernel", Kind.MEMCPY: "a copy", Kind.MEMSET: "a fill"}
_TRITON = "triton_"
_ROUNDED_NS = 1_000
"""Times of whole microseconds may overlap by one."""
OpOf = Callable[[Capture], Ints]
"""The name of the op around each launch of a capture, an index into the trace's names; -1 for none."""
Places = Callable[[Capture], bytes]
"""Where each launch of a capture is: equal for captures whose activities have the same op and owners."""


@dataclass(frozen=True, slots=True)
class GraphLaunch:
    """One launch of a graph.

    Attributes:
        launch: its row in the events.
        activities: its device activities, as places in `Launches.activity`; in the order of the capture,
            if there is one that it may be.
        capture: the capture that they come from; None if that is not proven.
        reason: why it is not.
    """

    launch: int
    activities: Ints
    capture: Capture | None
    reason: str


def graph_launches(events: Events, names: tuple[str, ...], launch: Ints) -> list[tuple[int, Ints]]:
    """The row of each graph launch, and the places of its activities, in order of time."""
    codes = [code for code, name in enumerate(names) if "GraphLaunch" in name]
    if not codes:
        return []
    place = np.flatnonzero((launch >= 0) & np.isin(events.name[launch], codes))
    place = place[np.argsort(launch[place], kind="stable")]
    rows, first = np.unique(launch[place], return_index=True)
    parts = np.split(place, first[1:]) if len(rows) else []
    order = np.lexsort((events.link[rows], events.ts[rows]))
    return [(int(rows[number]), parts[number]) for number in order.tolist()]


@dataclass(frozen=True, slots=True)
class Graphs:
    """Finds the capture of each graph launch of a trace.

    Attributes:
        events, names: of the trace.
        activity: rows of the device activities.
        captures: the captures of the trace.
        op_of, places: what is around the launches of a capture.
    """

    events: Events
    names: tuple[str, ...]
    activity: Ints
    captures: Sequence[Capture]
    op_of: OpOf
    places: Places

    def match(self, launch: int, activities: Ints, known: Mapping[int, int | str]) -> GraphLaunch:
        """The launch with the capture that is proven to be its own.

        Args:
            launch: its row in the events.
            activities: places of its activities.
            known: correlation id of a launch -> start of its capture, or the reason why it has none;
                told by the trace of which this one is a part.
        """
        told = known.get(int(self.events.link[launch]))
        if isinstance(told, str):
            return GraphLaunch(launch, activities, None, told)
        before = [one for one in self.captures if one.end <= self.events.ts[launch]]
        if told is not None:
            before = [one for one in self.captures if one.start == told]
        if not before:
            return GraphLaunch(launch, activities, None, "its capture is not in the trace")
        activities, reason = self._in_order(activities)
        if reason:
            return GraphLaunch(launch, activities, None, reason)
        misfits = [self.misfit(one, activities) for one in before]
        fitting = [one for one, why in zip(before, misfits, strict=True) if not why]
        if not fitting:
            reason = misfits[0] if len(before) == 1 else f"none of {len(before)} captures fits"
            return GraphLaunch(launch, activities, None, reason)
        if len({self.places(one) for one in fitting}) > 1:
            reason = f"{len(fitting)} captures fit it that differ in their ops or ranges"
            return GraphLaunch(launch, activities, None, reason)
        return GraphLaunch(launch, activities, fitting[-1], "")

    def _in_order(self, places: Ints) -> tuple[Ints, str]:
        """The activities in the order in which they were captured, or why it is not known.

        The ids of graph nodes count up in the order of the capture. Without them, activities of one
        stream that ran one after the other ran in that order.
        """
        events, row = self.events, self.activity[places]
        node = events.sequence[row]
        if (node != ABSENT).all() and len(np.unique(node)) == len(node):
            return places[np.argsort(node)], ""
        end = events.ts[row] + events.dur[row]
        order = np.lexsort((end, events.ts[row]))
        places, row, end = places[order], row[order], end[order]
        if len(np.unique(np.stack([events.device[row], events.stream[row]]), axis=1).T) > 1:
            return places, "its activities ran on several streams, and have no ids of graph nodes"
        start = events.ts[row]
        apart = start[1:] - end[:-1]
        tied = (start[1:] == start[:-1]) & (end[1:] == end[:-1])
        whole = not (start % _ROUNDED_NS).any() and not (end % _ROUNDED_NS).any()
        if (apart < (-_ROUNDED_NS if whole else 0)).any() or tied.any():
            return places, "its activities overlap, and have no ids of graph nodes"
        return places, ""

    def misfit(self, capture: Capture, activities: Ints, part: Ints | None = None) -> str:
        """Why these activities, in order, are not those of a capture; empty if they are.

        Args:
            capture: the capture.
            activities: places of activities.
            part: which launches of the capture are looked at; by default all.
        """
        row = self.activity[activities]
        captured, op, kernels = capture.kinds, self.op_of(capture), capture.kernels
        if part is not None:
            captured, op, kernels = captured[part], op[part], kernels[part]
        if len(row) != len(captured):
            return f"{len(captured)} launches were captured"
        kind = self.events.kind[row]
        other = np.flatnonzero(kind != captured)
        if len(other):
            ran, expected = (_WORDS[Kind(int(one[other[0]]))] for one in (kind, captured))
            return f"number {other[0] + 1} is {ran}, the launch captured there {expected}"
        other = np.flatnonzero((kernels >= 0) & (kernels != self.events.name[row]))
        if len(other):
            return f"number {other[0] + 1} is another kernel than the captured graph ran before"
        return self._misnamed(op, self.events.name[row])

    def _misnamed(self, op: Ints, kernel: Integers) -> str:
        """The first disagreement between the op of a captured launch and the name of what ran."""
        pairs, first = np.unique(np.stack([op, kernel.astype(np.int64)]), axis=1, return_index=True)
        kernel_of: dict[int, int] = {}
        for place in np.argsort(first).tolist():
            of, ran = pairs[:, place].tolist()
            if of < 0 or not self.names[of].startswith(_TRITON):
                continue
            agrees = _is_kernel_of(self.names[of], self.names[ran])
            if not agrees or kernel_of.setdefault(of, ran) != ran:
                return f"number {first[place] + 1} is another kernel than was captured there"
        return ""


def _is_kernel_of(op: str, kernel: str) -> bool:
    """Whether a kernel may be that of an op of Inductor, which names both alike, or no kernel at all.

    Example:
        >>> [_is_kernel_of("triton_poi_1", name) for name in ("triton_poi_1", "triton__0d1d")]
        [True, True]
        >>> [_is_kernel_of("triton_poi_1", name) for name in ("triton_poi_12", "gemm")]
        [False, False]
    """
    return kernel in (op, _TRITON) or kernel.startswith((f"{op}_", "triton__"))
