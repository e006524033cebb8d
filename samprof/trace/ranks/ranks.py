"""The traces of a job, one per rank."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from samprof.errors import TraceError
from samprof.processes import cores
from samprof.trace.model.ranges import By, check_by
from samprof.trace.ranks.rank_tables import RankTables, number_ranks
from samprof.trace.ranks.readers import read_each

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace.tables.check import Check

Progress = Callable[[int, int], None]


@dataclass
class Ranks:
    """The traces in a folder. Their tables are held in memory, the traces themselves are not.

    Attributes:
        path: the folder.
        traces: the trace files in it.
        cache: as in `samprof.load`.
        notes: traces that could not be read, and why; filled by the first table.
    """

    path: Path
    traces: tuple[Path, ...]
    cache: bool = True
    notes: list[str] = field(default_factory=list)
    _read: dict[str, list[RankTables]] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        """How many traces are where."""
        return f"<Ranks {str(self.path)!r}: {len(self.traces)} traces>"

    def layers(
        self, by: By = "auto", *, workers: int | None = None, progress: Progress | None = None
    ) -> pd.DataFrame:
        """The layer tables of all ranks, one below the other.

        Args:
            by: as in `Trace.layers`.
            workers: processes that read, each one trace at a time; by default one per core, and at
                most one per trace.
            progress: called with the number of traces read so far, and of all.

        Returns:
            The column rank, then the columns of `Trace.layers`.

        Raises:
            TraceError: none of the traces can be read, or nothing tells their ranks.
        """
        import pandas as pd

        tables = []
        for one in self.read(by, workers=workers, progress=progress):
            table = one.layers.copy()
            table.insert(0, "rank", one.rank)
            tables.append(table)
        return pd.concat(tables, ignore_index=True)

    def totals(self, by: By = "auto") -> pd.DataFrame:
        """One row per rank.

        Returns:
            Columns rank, trace (file name), time_source, time_ns (all its time), collective_ns (the
            part in collective operations, which wait for the slowest rank), own_ns (the rest),
            lost_records.
        """
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "rank": one.rank,
                    "trace": one.path.name,
                    "time_source": one.check.time_source,
                    "time_ns": one.check.total_ns,
                    "collective_ns": one.collective_ns,
                    "own_ns": one.check.total_ns - one.collective_ns,
                    "lost_records": one.check.lost_records,
                }
                for one in self.read(by)
            ]
        )

    def checks(self, by: By = "auto") -> dict[int, Check]:
        """The time accounting of each rank."""
        return {int(one.rank or 0): one.check for one in self.read(by)}

    def read(
        self, by: By = "auto", *, workers: int | None = None, progress: Progress | None = None
    ) -> list[RankTables]:
        """The tables of each rank, in order of rank; each trace is read once per `by`.

        Raises:
            TraceError: none of the traces can be read, or nothing tells their ranks.
        """
        if check_by(by) not in self._read:
            count = min(workers or cores(), len(self.traces))
            found: list[RankTables] = []
            errors: list[TraceError] = []
            for done, answer in enumerate(read_each(self.traces, by, self.cache, count), 1):
                if isinstance(answer, TraceError):
                    errors.append(answer)
                else:
                    found.append(answer)
                if progress is not None:
                    progress(done, len(self.traces))
            if not found:
                raise errors[0]
            self.notes[:] = sorted(f"{error.subject} left out: {error.cause}" for error in errors)
            self._read[by] = number_ranks(found)
        return self._read[by]
