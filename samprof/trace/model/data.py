"""What a trace is: the columns read from its file, and what is derived from them without tables."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from samprof.trace.model.events import DEVICE_KINDS, Events, Kind, MemoryEvents
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
    """

    events: Events
    allocations: MemoryEvents
    names: tuple[str, ...]
    threads: tuple[tuple[str, str], ...]
    inputs: tuple[str, ...]
    metadata: Mapping[str, Any]
    notes: tuple[str, ...] = ()
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
        return self.derived("launches", lambda: find_launches(self.events, self._nested("op")))

    def ranges(self, by: By = "auto") -> Ranges:
        """The ranges of one kind.

        Args:
            by: samprof, module (Python stacks), annotation or op; `auto` takes the first that exists.
        """
        kind = choose(self.events, by)
        return self.derived(("ranges", kind), lambda: self._ranges(kind))

    def _ranges(self, kind: str) -> Ranges:
        nesting = self._nested(kind)
        if kind != "samprof":
            return ranges_of(self.events, self.names, kind, nesting)
        methods = self.recorded.get("methods")
        if isinstance(methods, list):
            nesting = without_idle_methods(self.events, self.names, nesting, methods)
        return ranges_of(self.events, self.names, kind, nesting, self.recorded)

    def _nested(self, kind: str) -> Nesting:
        return self.derived(("nested", kind), lambda: nest_kind(self.events, self.names, kind))

    def owners(self, by: By = "auto") -> Owners:
        """The range that owns each device activity; `by` as in `ranges`."""
        kind = choose(self.events, by)
        return self.derived(
            ("owners", kind),
            lambda: find_owners(self.events, self.threads, self.launches(), self.ranges(by)),
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
