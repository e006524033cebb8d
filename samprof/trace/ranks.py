"""The traces of a job, one a rank: read by several processes, one after the other in each."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any

from samprof.errors import SamprofError, TraceError
from samprof.processes import READERS, can_start, cores, end, start
from samprof.trace.ranges import By, checked

if TYPE_CHECKING:
    import subprocess

    import pandas as pd

    from samprof.trace.check import Check

Progress = Callable[[int, int], None]
_WORKER = "samprof.trace.rank_worker"
_COLLECTIVE = re.compile(r"^(nccl|rccl|oneccl|mscclpp|msccl|vllm::cross_device)", re.IGNORECASE)
_RANK_IN_NAME = re.compile(r"rank[-_]?(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RankTables:
    """What one trace comes down to.

    Attributes:
        path: the trace file.
        rank: from the trace itself; None where it does not say.
        layers: its layer table.
        check: its books.
        collective_ns: device time of collective operations, which last until the slowest rank is there.
    """

    path: Path
    rank: int | None
    layers: pd.DataFrame
    check: Check
    collective_ns: int


@dataclass
class Ranks:
    """The traces in a folder. What is read is kept as tables; the traces themselves are not.

    Attributes:
        path: the folder.
        traces: the trace files in it.
        cache: as in `samprof.load`.
        notes: traces that could not be read, and why; after the first table.
    """

    path: Path
    traces: tuple[Path, ...]
    cache: bool = True
    notes: list[str] = field(default_factory=list)
    _read: dict[str, list[RankTables]] = field(default_factory=dict, repr=False)

    def layers(
        self, by: By = "auto", *, workers: int | None = None, progress: Progress | None = None
    ) -> pd.DataFrame:
        """The layer tables of all ranks, one below the other.

        Args:
            by: as in `Trace.layers`.
            workers: processes that read; as many as there are cores, and at most one a trace. Each
                holds one trace at a time.
            progress: called with the number of traces read, and of all.

        Returns:
            The columns of `Trace.layers`, after a column rank.

        Raises:
            TraceError: none of the traces can be read.
        """
        import pandas as pd

        tables = []
        for one in self.read(by, workers=workers, progress=progress):
            table = one.layers.copy()
            table.insert(0, "rank", one.rank)
            tables.append(table)
        return pd.concat(tables, ignore_index=True)

    def totals(self, by: By = "auto") -> pd.DataFrame:
        """One row a rank.

        Returns:
            Columns rank, trace (file name), clock, time_ns (all of its time on that clock),
            collective_ns (of it in collective operations, which wait for the slowest rank), own_ns
            (the rest), lost_records.
        """
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "rank": one.rank,
                    "trace": one.path.name,
                    "clock": one.check.clock,
                    "time_ns": one.check.total_ns,
                    "collective_ns": one.collective_ns,
                    "own_ns": one.check.total_ns - one.collective_ns,
                    "lost_records": one.check.lost_records,
                }
                for one in self.read(by)
            ]
        )

    def checks(self, by: By = "auto") -> dict[int, Check]:
        """The books of each rank."""
        return {int(one.rank or 0): one.check for one in self.read(by)}

    def read(
        self, by: By = "auto", *, workers: int | None = None, progress: Progress | None = None
    ) -> list[RankTables]:
        """The tables of each rank, in the order of the ranks; read once for each `by`.

        Raises:
            TraceError: none of the traces can be read.
        """
        if checked(by) not in self._read:
            count = min(workers or cores(), len(self.traces))
            found: list[RankTables] = []
            errors: list[TraceError] = []
            for done, answer in enumerate(_each(self.traces, by, self.cache, count), 1):
                if isinstance(answer, TraceError):
                    errors.append(answer)
                else:
                    found.append(answer)
                if progress is not None:
                    progress(done, len(self.traces))
            if not found:
                raise errors[0]
            self.notes[:] = sorted(f"{error.subject} left out: {error.cause}" for error in errors)
            self._read[by] = _numbered(found)
        return self._read[by]


def tables_of(path: Path, by: By, cache: bool) -> RankTables:
    """What the trace of one rank comes down to.

    Raises:
        SamprofError: the trace cannot be read, or `by` has no meaning.
    """
    from samprof.trace.read import load_trace

    trace = load_trace(path, cache=cache)
    information = trace.metadata.get("distributedInfo")
    rank = information.get("rank") if isinstance(information, dict) else None
    kernels = trace.kernels(by)
    waiting = kernels["name"].str.match(_COLLECTIVE)
    return RankTables(
        path=path,
        rank=rank if type(rank) is int else None,
        layers=trace.layers(by),
        check=trace.check(by),
        collective_ns=int(kernels.loc[waiting, "dur_ns"].sum()) if len(kernels) else 0,
    )


def _numbered(found: list[RankTables]) -> list[RankTables]:
    """Every trace with a rank of its own: as it says, else as its name says, else by place."""
    found = sorted(found, key=lambda one: one.path.name)
    names = [_RANK_IN_NAME.search(one.path.name) for one in found]
    said = [one.rank for one in found]
    named = [int(match[1]) if match else None for match in names]
    for ranks in (said, named):
        if None not in ranks and len(set(ranks)) == len(found):
            break
    else:
        ranks = list(range(len(found)))
    numbered = [replace(one, rank=rank) for one, rank in zip(found, ranks, strict=True)]
    return sorted(numbered, key=lambda one: one.rank or 0)


def _each(
    paths: Sequence[Path], by: By, cache: bool, workers: int
) -> Iterator[RankTables | TraceError]:
    """The tables of each trace, or what is wrong with it, as they are ready."""
    if workers < 2 or not can_start():
        yield from (attempt(path, by, cache) for path in paths)
        return
    processes = [_worker() for _ in range(workers)]
    idle: Queue[int] = Queue()
    for place in range(workers):
        idle.put(place)

    def ask(path: Path) -> RankTables | TraceError:
        place = idle.get()
        try:
            answer: RankTables | TraceError = _asked(processes[place], path, by, cache)
            return answer
        except (OSError, EOFError, pickle.UnpicklingError):
            processes[place] = _worker()
            cause = "the process that read it ended, as it does when memory runs out"
            return TraceError("load", path, cause, "read it alone, or with fewer workers")
        finally:
            idle.put(place)

    pool = ThreadPoolExecutor(workers)
    try:
        for future in as_completed([pool.submit(ask, path) for path in paths]):
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            end(process)


def _worker() -> subprocess.Popen[bytes]:
    # The cores are busy with the other traces.
    return start(_WORKER, variables={READERS: "1"})


def _asked(process: subprocess.Popen[bytes], path: Path, by: By, cache: bool) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    pickle.dump((path, by, cache), process.stdin)
    process.stdin.flush()
    return pickle.load(process.stdout)


def attempt(path: Path, by: By, cache: bool) -> RankTables | TraceError:
    """The tables of one trace, or what is wrong with it."""
    try:
        return tables_of(path, by, cache)
    except SamprofError as error:
        return TraceError(error.operation, error.subject, error.cause, error.remedy)
