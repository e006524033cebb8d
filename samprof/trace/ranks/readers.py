"""Several processes that read the traces of a folder, each one trace at a time."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import Queue
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from samprof.errors import TraceError
from samprof.processes import READERS, can_start, end, start
from samprof.trace.model.ranges import By
from samprof.trace.ranks.rank_tables import RankTables, attempt

if TYPE_CHECKING:
    import subprocess

_WORKER = "samprof.trace.ranks.rank_worker"


def read_each(
    paths: Sequence[Path], by: By, cache: bool, workers: int
) -> Iterator[RankTables | TraceError]:
    """The tables of each trace, or the reason that it cannot be read, as each is ready."""
    if workers < 2 or not can_start():
        yield from (attempt(path, by, cache) for path in paths)
        return
    processes = [_worker() for _ in range(workers)]
    closing = Event()
    starting = Lock()
    idle: Queue[int] = Queue()
    for place in range(workers):
        idle.put(place)

    def read(path: Path) -> RankTables | TraceError:
        place = idle.get()
        try:
            answer: RankTables | TraceError = _ask(processes[place], path, by, cache)
            return answer
        except (OSError, EOFError, pickle.UnpicklingError):
            with starting:
                if not closing.is_set():  # else nobody would end it
                    processes[place] = _worker()
            cause = "the process that read it ended, as it does when memory runs out"
            return TraceError("load", path, cause, "read it alone, or with fewer workers")
        finally:
            idle.put(place)

    pool = ThreadPoolExecutor(workers)
    try:
        for future in as_completed([pool.submit(read, path) for path in paths]):
            yield future.result()
    finally:
        with starting:
            closing.set()
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            end(process)


def _worker() -> subprocess.Popen[bytes]:
    # The cores are busy with the other traces.
    return start(_WORKER, variables={READERS: "1"})


def _ask(process: subprocess.Popen[bytes], path: Path, by: By, cache: bool) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    pickle.dump((path, by, cache), process.stdin)
    process.stdin.flush()
    return pickle.load(process.stdout)
