"""A trace: its events as columns, and the tables that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.trace.events import DEVICE_KINDS, STEP_PREFIX, Events, Kind, MemoryEvents
from samprof.trace.names import decoded
from samprof.trace.nesting import Nesting
from samprof.trace.owners import Launches, Owners, find_launches, find_owners
from samprof.trace.ranges import By, Ranges, choose, nest_kind, ranges_of

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace.check import Check
    from samprof.trace.work import Work


_STEP_DIGITS = 18  # more do not fit into 64 bits


@dataclass(frozen=True)
class Trace:
    """One Kineto trace, read. Nothing in it changes; what is derived is computed once and kept.

    Attributes:
        events: host and device events.
        allocations: allocator events.
        names: what `events.name` points to.
        threads: (process id, thread id), what `events.thread` points to.
        inputs: shapes, types and values, what `events.inputs` points to; see
            `samprof.trace.formulas`.
        metadata: the file's other keys (device properties, base time, rank, what samprof recorded).
        notes: what was passed over or mended while reading; also in `attrs["notes"]` of every
            table.
    """

    events: Events
    allocations: MemoryEvents
    names: tuple[str, ...]
    threads: tuple[tuple[str, str], ...]
    inputs: tuple[str, ...]
    metadata: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    _memo: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def kernels(self, by: By = "auto") -> pd.DataFrame:
        """One row a device activity, in the order of their start.

        Args:
            by: which ranges own: samprof's, nn.Module events of Python stacks, user annotations or
                ops; `auto` takes the first that exists.

        Returns:
            Columns name, kind (kernel, memcpy, memset), ts_ns, dur_ns, device, stream, correlation,
            op, owner, phase (forward, backward), step, launch_ts_ns.
        """
        from samprof.trace.kernels import kernels_table

        return self._noted(kernels_table(self, by))

    def layers(self, by: By = "auto") -> pd.DataFrame:
        """One row an owner of time, ordered as first entered; see `samprof.trace.layers`.

        Args:
            by: as in `kernels`.
        """
        from samprof.trace.layers import layers_table

        return self._noted(layers_table(self, by))

    def components(self, by: By = "auto") -> pd.DataFrame:
        """One row a component, host and device time side by side; see `samprof.trace.components`.

        Args:
            by: as in `kernels`.
        """
        from samprof.trace.components import component_steps, component_table

        return self._noted(component_table(component_steps(self, by)))

    def memory(self, by: By = "auto") -> pd.DataFrame:
        """One row an owner of allocations; see `samprof.trace.memory`."""
        from samprof.trace.memory import memory_table

        return self._noted(memory_table(self, by))

    def check(self, by: By = "auto") -> Check:
        """Whether nothing is lost or counted twice (invariants I1, I2, I4), with the sums."""
        from samprof.trace.check import check_trace

        return check_trace(self, by)

    @property
    def has_device_time(self) -> bool:
        """Whether the trace holds any device activity."""
        return bool(np.isin(self.events.kind, DEVICE_KINDS).any())

    @property
    def clock(self) -> str:
        """What time means here (`device` where there is device activity, else `cpu`)."""
        return "device" if self.has_device_time else "cpu"

    @property
    def recorded(self) -> Mapping[str, Any]:
        """What samprof wrote into the file when it recorded it; empty for others' traces."""
        if "recorded" not in self._memo:
            found = self.metadata.get("samprof")
            self._memo["recorded"] = _decoded(found) if isinstance(found, dict) else {}
        return self._memo["recorded"]  # type: ignore[no-any-return]

    def _repr_html_(self) -> str:
        """What a notebook shows: the books and the layer table."""
        from samprof.trace.display import trace_html

        return trace_html(self)

    def _noted(self, table: pd.DataFrame) -> pd.DataFrame:
        if self.notes:
            table.attrs["notes"] = list(self.notes)
        return table

    def ops(self) -> pd.DataFrame:
        """One row an op that works, with FLOPs, bytes and rates; see `samprof.trace.work.ops_table`."""
        from samprof.trace.work import ops_table

        return self._noted(ops_table(self))

    def work(self) -> Work | None:
        """FLOPs and bytes of each op; None where no shapes were recorded."""
        if "work" not in self._memo:
            from samprof.trace.work import work

            self._memo["work"] = work(self)
        return self._memo["work"]  # type: ignore[no-any-return]

    def launches(self) -> Launches:
        """Launch and op of each device activity."""
        if "launches" not in self._memo:
            self._memo["launches"] = find_launches(self.events, self._nested("op"))
        return self._memo["launches"]  # type: ignore[no-any-return]

    def ranges(self, by: By = "auto") -> Ranges:
        """The ranges of one kind."""
        kind = choose(self.events, by)
        if ("ranges", kind) not in self._memo:
            inner = self.recorded.get("inner_ops") if kind == "samprof" else None
            self._memo["ranges", kind] = ranges_of(
                self.events, self.names, kind, self._nested(kind), inner
            )
        return self._memo["ranges", kind]  # type: ignore[no-any-return]

    def _nested(self, kind: str) -> Nesting:
        if ("nested", kind) not in self._memo:
            self._memo["nested", kind] = nest_kind(self.events, self.names, kind)
        return self._memo["nested", kind]  # type: ignore[no-any-return]

    def owners(self, by: By = "auto") -> Owners:
        """The owner of each device activity."""
        kind = choose(self.events, by)
        if ("owners", kind) not in self._memo:
            self._memo["owners", kind] = find_owners(
                self.events, self.threads, self.launches(), self.ranges(by)
            )
        return self._memo["owners", kind]  # type: ignore[no-any-return]

    def steps(self) -> list[tuple[int, int, int]]:
        """The marked steps as (number, start, end) in nanoseconds, in the order of their start."""
        marked = []
        for row in self.events.of(Kind.ANNOTATION).tolist():
            name = self.names[self.events.name[row]]
            number = name.removeprefix(STEP_PREFIX)
            if name != number and number.isdecimal() and len(number) <= _STEP_DIGITS:
                start = int(self.events.ts[row])
                marked.append((int(number), start, start + int(self.events.dur[row])))
        return sorted(marked, key=lambda step: (step[1], step[0]))


def _decoded(value: Any) -> Any:
    """Metadata with all its strings decoded."""
    if isinstance(value, str):
        return decoded(value)
    if isinstance(value, dict):
        return {decoded(key): _decoded(item) for key, item in value.items()}
    return [_decoded(item) for item in value] if isinstance(value, list) else value
