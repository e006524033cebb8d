"""Runs one reader once, in a fresh process: its time, and the memory of all its processes."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
PAUSE_S = 0.02
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class MeasureError(Exception):
    """A reader that failed or took too long."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one run took.

    Attributes:
        load_s: from before the first call until the trace is loaded.
        table_s: until the table is finished; None if it makes none.
        peak_bytes: the most memory that the process and its children held at one time: resident memory
            for one process; for several the sum of their proportional shares (PSS), which counts
            shared memory once. Sampled every 20 ms; never below the peak that the kernel recorded
            for the first process.
    """

    load_s: float
    table_s: float | None
    peak_bytes: int

    @property
    def seconds(self) -> float:
        """To the end of what the reader does."""
        return self.load_s if self.table_s is None else self.table_s


def measure(
    reader: str, path: Path, environment: Mapping[str, str], timeout_s: float
) -> Measurement:
    """Runs a reader of `bench/reader_programs.py` on a trace.

    Raises:
        MeasureError: the process failed, or took longer than the timeout.
    """
    command = [sys.executable, "-m", "bench.reader_programs", reader, str(path)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=out, stderr=err
        )
        try:
            peak = _watch(process, time.monotonic() + timeout_s)
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            raise MeasureError(_last_line(err))
        result = json.loads(_last_line(out))
    load, *table = result["seconds"]
    return Measurement(load, table[0] if table else None, max(peak, result["peak_bytes"]))


def _watch(process: "subprocess.Popen[bytes]", deadline: float) -> int:
    """Waits for the process to end; returns the most memory that was seen."""
    peak = 0
    while process.poll() is None:
        begun = time.monotonic()
        if begun > deadline:
            raise MeasureError("took too long")
        peak = max(peak, _memory(_tree(process.pid), peak))
        # Looking at large processes takes time: spend no more than a tenth on it.
        time.sleep(max(PAUSE_S, 9 * (time.monotonic() - begun)))
    return peak


def _tree(pid: int) -> list[int]:
    """The process and its descendants that are alive."""
    children = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children += [int(child) for child in thread.read_text().split()]
        except OSError:  # it ended in the meantime
            continue
    return [pid, *(below for child in children for below in _tree(child))]


def _memory(pids: list[int], peak: int) -> int:
    """Bytes held by the processes; a rough upper bound if that is no more than the peak."""
    resident = sum(_resident(pid) for pid in pids)
    if len(pids) == 1 or resident <= peak:
        return resident
    return sum(_proportional(pid) for pid in pids)


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _last_line(file: IO[bytes]) -> str:
    file.seek(0)
    lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no output"
