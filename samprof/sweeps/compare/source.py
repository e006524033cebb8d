"""One side of a comparison as the user gave it: a trace, the ranks of a job, or a size of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samprof.analysis.scaling.fused import SETS, folded
from samprof.errors import SamprofError, UsageError
from samprof.sweeps.run.run import Run
from samprof.trace import Trace, load_trace
from samprof.trace.model.ranges import By, kinds_in
from samprof.trace.ranks.rank_tables import RankTables, tables_of
from samprof.trace.ranks.ranks import Ranks
from samprof.trace.tables.origin import Origin, origin_of

if TYPE_CHECKING:
    import pandas as pd

    from samprof.record.recording import Recording

Progress = Callable[[int, int], None]


@dataclass
class Source:
    """Where the tables of one side come from.

    Attributes:
        name: what to call the side.
        where: its path; its name if it is no file.
        first: its trace; of ranks the first that can be read, which stands for the others.
        ranks: the traces of a job; None if it is a single one.
        origin: where it was recorded.
        size: of a run's trace.
        fused: what becomes of rows that layers share (see `samprof.analysis.scaling.fused`); those of
            ranks stay.
        remarks: what to say of it.
    """

    name: str
    where: str
    first: Trace
    ranks: Ranks | None = None
    size: int | None = None
    fused: str = SETS
    environment: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    _read: dict[str, list[RankTables]] = field(default_factory=dict, repr=False)

    @cached_property
    def kinds(self) -> list[str]:
        """The kinds of range that it holds, the best first."""
        return kinds_in(self.first.events)

    @cached_property
    def origin(self) -> Origin:
        """Where it was recorded; what the trace does not say is taken from its run."""
        found = origin_of(self.first)
        return replace(found, device=found.device or str(self.environment.get("device_name", "")))

    @property
    def torch(self) -> str:
        """The version of torch, where a run or samprof's trace says it."""
        packages = self.environment.get("packages")
        said = str(packages.get("torch", "")) if isinstance(packages, dict) else ""
        return said or self.origin.torch

    def layers(self, by: By) -> pd.DataFrame:
        """The layer table of the first trace."""
        return self._tables(by)[0].layers

    def read(self, by: By, progress: Progress | None = None) -> list[RankTables]:
        """The tables of all its traces.

        Raises:
            TraceError: none of them can be read.
        """
        if self.ranks is None:
            return self._tables(by)
        return self.ranks.read(by, progress=progress)

    def _tables(self, by: By) -> list[RankTables]:
        if by not in self._read:
            found = tables_of(self.first, by, Path(self.name))
            self._read[by] = [replace(found, layers=folded(found.layers, self.fused))]
        return self._read[by]


def source_of(given: Trace | Ranks | Recording, name: str, where: str) -> Source:
    """One side that is no run.

    Raises:
        UsageError: it is nothing that holds a trace.
        TraceError: none of the traces of a job can be read.
    """
    if isinstance(given, Ranks):
        return Source(name, where, _first_of(given), given)
    trace = given if isinstance(given, Trace) else getattr(given, "trace", None)
    if isinstance(trace, Trace):
        return Source(name, where, trace)
    cause = f"{type(given).__name__}, not a run, trace, recording or folder of ranks"
    raise UsageError("compare", where, cause, "give one of them, or its path")


def source_of_run(run: Run, name: str, size: int) -> Source:
    """One size of a run, as its trace shows it.

    Raises:
        RunError: no such point, or it has no trace.
    """
    trace = load_trace(run.trace_path(size))
    at = run.axis.text(size)
    remark = f"{name} is one recorded process at {at}, of the run {run.path}"
    where = str(run.path)
    return Source(name, where, trace, size=size, environment=run.environment, remarks=[remark])


def _first_of(ranks: Ranks) -> Trace:
    errors: list[SamprofError] = []
    for path in ranks.traces:
        try:
            return load_trace(path, cache=ranks.cache)
        except SamprofError as error:
            errors.append(error)
    raise errors[0]
