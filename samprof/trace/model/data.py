"""What a trace is: the columns read from its file, and what is derived from them without tables."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from samprof.trace.model.backward_time import BackwardTime, find_backward_time
from samprof.trace.model.captured import Captured, find_graphs, with_captured
from samprof.trace.model.captured_backwards import with_backwards
from samprof.trace.model.captures import Capture, find_captures
from samprof.trace.model.events import DEVICE_KINDS, Events, Ints, Kind, MemoryEvents
from samprof.trace.model.graph_annotations import graph_annotations
from samprof.trace.model.graphs import GraphLaunch, Graphs
from samprof.trace.model.names import decoded, step_number
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.owners import Launches, Owners, find_launches, find_owners
from samprof.trace.model.ranges import (
    By,
    Ranges,
    choose,
    nest_kind,
    ranges_of,
    without_idle_methods,
)
from samprof.trace.model.replays import with_replays

T = TypeVar("T")


@dataclass(frozen=True)
class TraceData:
    """The columns of one Kineto trace. Nothing in it changes; what is derived is computed once.

    Attributes:
        events: host and device events.
        allocations: allocator events.
        names: the strings that `events.name` indexes.
        threads: the (process id, thread id) pairs that `events.thread` indexes.
        inputs: the shapes, types and values that `events.inputs` indexes; see
            `samprof.trace.flops.op_inputs`.
        metadata: the file's other keys (device properties, base time, rank, what samprof recorded).
        notes: what was skipped or repaired while reading; also in `attrs["notes"]` of every table.
        graph_sources: where the whole, of which this is a part, has the captures of its graph launches:
            correlation id -> start of the capture, or the reason why there is none.
    """

    events: Events
    allocations: MemoryEvents
    names: tuple[str, ...]
    threads: tuple[tuple[str, str], ...]
    inputs: tuple[str, ...]
    metadata: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    graph_sources: Mapping[int, int | str] = field(default_factory=dict, kw_only=True, repr=False)
    # Not an argument, so that `dataclasses.replace` starts with an empty one.
    _derived: dict[Hashable, Any] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    def derived(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The result of `compute`, which runs the first time this key is asked for.

        Args:
            key: names the result; unique among everything derived from a trace.
            compute: derives it from this trace.
        """
        if key not in self._derived:
            self._derived[key] = compute()
        return self._derived[key]  # type: ignore[no-any-return]

    @property
    def has_device_time(self) -> bool:
        """Whether the trace holds any device activity."""
        return bool(np.isin(self.events.kind, DEVICE_KINDS).any())

    @property
    def time_source(self) -> str:
        """Where times come from: `device` if the trace has device activity, else `cpu`."""
        return "device" if self.has_device_time else "cpu"

    @property
    def recorded(self) -> Mapping[str, Any]:
        """The metadata that samprof recorded; empty for traces recorded by anything else."""
        return self.derived("recorded", self._recorded)

    def _recorded(self) -> Mapping[str, Any]:
        found = self.metadata.get("samprof")
        return _decoded(found) if isinstance(found, dict) else {}

    def launches(self) -> Launches:
        """Launch and op of each device activity."""
        return self.derived("launches", self._launches)

    def _launches(self) -> Launches:
        return with_captured(self._launched(), self.events, self.graphs(), self._captured())

    def _launched(self) -> Launches:
        """The launches without what is known of captures."""
        return self.derived("launched", lambda: find_launches(self.events, self._nested("op")))

    def captures(self) -> tuple[Capture, ...]:
        """The stream captures, in order of time."""
        return self.derived("captures", self._captures)

    def _captures(self) -> tuple[Capture, ...]:
        found = find_captures(self.events, self.names)
        return with_backwards(found, self.events, self.names, self.threads) if found else ()

    def graphs(self) -> tuple[GraphLaunch, ...]:
        """The graph launches, in order of time, each with its capture or why it has none."""
        return self.derived("graphs", self._graphs)

    def _graphs(self) -> tuple[GraphLaunch, ...]:
        return find_graphs(self._graph_finder(), self._launched(), self.graph_sources)

    def _graph_finder(self) -> Graphs:
        held, activity = self._captured(), self._launched().activity
        return Graphs(self.events, self.names, activity, held.captures, held.op_of, held.places)

    def graph_misfit(self, capture: Capture, part: Ints, launch: GraphLaunch) -> str:
        """Why the activities of a graph launch are not those of a part of a capture; empty if they are.

        Args:
            capture: the capture.
            part: which of its launches, in order.
            launch: as many activities.
        """
        return self._graph_finder().misfit(capture, launch.activities, part)

    def captured_rows(self) -> Ints:
        """Rows of what was open on the threads of captures while they captured."""
        return self._captured().rows

    def captured_ops(self) -> Nesting:
        """The ops that were open during captures."""
        return self._captured().nested("op")

    def captured_ranges(self, kind: str) -> Ranges:
        """The ranges of one kind that were open during captures."""
        held = self._captured()
        return self.derived(
            ("captured", kind), lambda: self._ranges_of(kind, held.nested(kind), held.ops)
        )

    def _captured(self) -> Captured:
        return self.derived("captured", lambda: Captured(self.events, self.names, self.captures()))

    def ranges(self, by: By = "auto") -> Ranges:
        """The ranges of one kind.

        Args:
            by: samprof, module (Python stacks), annotation or op; `auto` takes the first that exists.
        """
        kind = choose(self.events, by)
        return self.derived(("ranges", kind), lambda: self._ranges(kind))

    def _ranges(self, kind: str) -> Ranges:
        took_place = self._ranges_of(kind, self._nested(kind))
        graphs, activity = self.graphs(), self._launched().activity
        if not graphs:
            return took_place
        annotations = graph_annotations(self.events, self.inputs, activity, graphs, kind)
        split = [one for one in graphs if one.capture is not None or one.launch in annotations.of]
        if not split:
            return took_place
        captured = self.captured_ranges(kind)
        return with_replays(self.events, took_place, captured, split, len(activity), annotations)

    def _ranges_of(self, kind: str, nesting: Nesting, ops: Ints | None = None) -> Ranges:
        if kind != "samprof":
            return ranges_of(self.events, self.names, kind, nesting)
        methods = self.recorded.get("methods")
        if isinstance(methods, list):
            nesting = without_idle_methods(self.events, self.names, nesting, methods)
        return ranges_of(self.events, self.names, kind, nesting, self.recorded, ops)

    def _nested(self, kind: str) -> Nesting:
        return self.derived(("nested", kind), lambda: nest_kind(self.events, self.names, kind))

    def owners(self, by: By = "auto") -> Owners:
        """The range that owns each device activity; `by` as in `ranges`."""
        kind = choose(self.events, by)
        return self.derived(
            ("owners", kind),
            lambda: find_owners(self.events, self.threads, self.launches(), self.ranges(by)),
        )

    def backward_time(self, by: By = "auto") -> BackwardTime:
        """The host time that no range holds, but that of its forward op does; `by` as in `ranges`."""
        kind = choose(self.events, by)
        ops = self._nested("op")
        return self.derived(
            ("backward time", kind),
            lambda: find_backward_time(self.events, self.threads, ops, self.ranges(by)),
        )

    def steps(self) -> list[tuple[int, int, int]]:
        """The marked steps as (number, start, end) in nanoseconds, in order of their start."""
        marked = []
        for row in self.events.of(Kind.ANNOTATION).tolist():
            number = step_number(self.names[self.events.name[row]])
            if number is not None:
                start = int(self.events.ts[row])
                marked.append((number, start, start + int(self.events.dur[row])))
        return sorted(marked, key=lambda step: (step[1], step[0]))


def _decoded(value: Any) -> Any:
    """Metadata with all its strings decoded."""
    if isinstance(value, str):
        return decoded(value)
    if isinstance(value, dict):
        return {decoded(key): _decoded(item) for key, item in value.items()}
    return [_decoded(item) for item in value] if isinstance(value, list) else value
