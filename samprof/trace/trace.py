"""The public `Trace`: the columns of a trace, with a method for each of its tables."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from samprof.trace.model.data import TraceData
from samprof.trace.model.ranges import By
from samprof.trace.read.load import read_trace

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace.tables.check import Check


def load_trace(path: str | Path, *, cache: bool = False) -> Trace:
    """The trace in a Kineto JSON file.

    Args:
        path: a file that torch.profiler exported, `.json` or `.json.gz` (told by its content).
        cache: read the columns from the cache beside the file if there is one of this content, and
            write it if there is none.

    Raises:
        TraceError: no such file, empty, truncated, not JSON, or without traceEvents.

    Example:
        >>> load_trace("nowhere.json")
        Traceback (most recent call last):
        samprof.errors.TraceError: load: nowhere.json: no such file; check the path
    """
    data = read_trace(path, cache=cache)
    columns = {column.name: getattr(data, column.name) for column in fields(data) if column.init}
    return Trace(**columns, path=Path(path))


@dataclass(frozen=True)
class Trace(TraceData):
    """One Kineto trace and its tables, which are pandas DataFrames.

    Every table method takes `by`, the ranges that own time: `samprof` (samprof's own), `module`
    (nn.Module events of Python stacks), `annotation` (user annotations) or `op`; `auto` takes the
    first of these that the trace has. The attributes are those of `TraceData`, and:

    Attributes:
        path: the file that it was read from; that of the whole, if it is a part of one.
    """

    path: Path | None = field(default=None, kw_only=True, repr=False, compare=False)

    def kernels(self, by: By = "auto") -> pd.DataFrame:
        """One row per device activity, in order of start.

        Returns:
            Columns name, kind (kernel, memcpy, memset), ts_ns, dur_ns, device, stream, correlation,
            op, owner, phase (forward, backward), step, launch_ts_ns, note (on activities of a graph
            launch: whether its capture tells their op and owner, or why not).
        """
        from samprof.trace.tables.kernels import kernels_table

        return self._noted(kernels_table(self, by))

    def layers(self, by: By = "auto") -> pd.DataFrame:
        """One row per owner of time, ordered as first entered; see `samprof.trace.tables.layers`."""
        from samprof.trace.tables.layers import layers_table

        return self._noted(layers_table(self, by))

    def ops(self) -> pd.DataFrame:
        """One row per op that computes or moves data, with FLOPs, bytes and rates.

        See `samprof.trace.tables.ops`.
        """
        from samprof.trace.tables.ops import ops_table

        return self._noted(ops_table(self))

    def components(self, by: By = "auto") -> pd.DataFrame:
        """One row per component, host and device time side by side.

        See `samprof.trace.tables.components`.
        """
        from samprof.trace.tables.components import component_steps, component_table

        return self._noted(component_table(component_steps(self, by)))

    def memory(self, by: By = "auto") -> pd.DataFrame:
        """One row per owner of allocations; see `samprof.trace.tables.memory`."""
        from samprof.trace.tables.memory import memory_table

        return self._noted(memory_table(self, by))

    def timeline(self, by: By = "auto", step: int | None = None) -> pd.DataFrame:
        """One row per slice of one step's timeline; see `samprof.trace.tables.timeline`.

        Args:
            by: as for every table.
            step: the number of a marked step; by default the last.
        """
        from samprof.trace.tables.timeline import timeline_table

        return self._noted(timeline_table(self, by, step))

    def check(self, by: By = "auto") -> Check:
        """Whether any time is lost or counted twice (invariants I1, I2, I4), with the sums."""
        from samprof.trace.tables.check import check_trace

        return check_trace(self, by)

    def __repr__(self) -> str:
        """What the trace holds, in a few words."""
        from samprof.trace.tables.headline import headline

        try:
            return f"<{headline(self)}>"
        except Exception as error:  # what stands in a debugger or a log must not fail
            return f"<Trace: {type(error).__name__}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the time accounting and the layer table."""
        from samprof.trace.tables.html import trace_html

        return trace_html(self)

    def _noted(self, table: pd.DataFrame) -> pd.DataFrame:
        if self.notes:
            table.attrs["notes"] = list(self.notes)
        return table
