"""Several processes that read: the same answers as one, and an error where one of them ends."""

import subprocess
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from samprof.errors import TraceError
from samprof.trace.model.ranges import By
from samprof.trace.ranks import readers
from samprof.trace.ranks.rank_tables import RankTables
from samprof.trace.ranks.readers import read_each
from tests.support.tracefile import TraceFile


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Three traces of 1, 2 and 3 ns of CPU time, and a path without a file."""
    found = []
    for duration in (1, 2, 3):
        file = TraceFile()
        file.range("net", 0, duration)
        found.append(file.write(tmp_path / f"trace{duration}.json"))
    return [*found, tmp_path / "nowhere.json"]


def answers(paths: list[Path], workers: int) -> dict[str, int | str]:
    """Time of each trace, or why it cannot be read."""
    found: dict[str, int | str] = {}
    for answer in read_each(paths, "auto", False, workers):
        if isinstance(answer, RankTables):
            found[answer.path.name] = answer.check.total_ns
        else:
            found[Path(str(answer.subject)).name] = answer.cause
    return found


def test_several_workers_answer_as_one_does(paths: list[Path]) -> None:
    expected = {
        "trace1.json": 1,
        "trace2.json": 2,
        "trace3.json": 3,
        "nowhere.json": "no such file",
    }
    assert answers(paths, 1) == answers(paths, 2) == expected


def test_a_worker_that_ends_is_an_error_of_its_trace(
    paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "_WORKER", "samprof.no_such_program")
    found = list(read_each(paths[:2], "auto", False, 2))
    assert all(isinstance(answer, TraceError) for answer in found)
    assert {str(answer.cause) for answer in found if isinstance(answer, TraceError)} == {
        "the process that read it ended, as it does when memory runs out"
    }


def test_whoever_stops_early_leaves_no_process_behind(
    paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process of the second trace is ended while it reads; no other one takes its place."""
    started, stopped, others = [], threading.Event(), set(threading.enumerate())
    start, ask = readers.start, readers._ask

    def counted(*arguments: Any, **more: Any) -> subprocess.Popen[bytes]:
        started.append(start(*arguments, **more))
        return started[-1]

    def held(process: subprocess.Popen[bytes], path: Path, by: By, cache: bool) -> object:
        if path == paths[0]:
            return ask(process, path, by, cache)
        stopped.wait()
        raise EOFError

    monkeypatch.setattr(readers, "start", counted)
    monkeypatch.setattr(readers, "_ask", held)
    reading = read_each(paths[:2], "auto", False, 2)
    assert isinstance(reading, Generator)
    next(reading)
    reading.close()
    stopped.set()
    for thread in set(threading.enumerate()) - others:
        thread.join()
    assert len(started) == 2
    assert all(process.poll() is not None for process in started)
