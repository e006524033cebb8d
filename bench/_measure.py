"""One way of reading, once, in a fresh process: its time, and the memory of all its processes."""

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
    """A way of reading that did not end well."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one run took.

    Attributes:
        load_s: from before the first call to the loaded trace.
        table_s: to the finished table; None where there is none.
        peak_bytes: the most memory that the process and its children held at one time. Of one process
            it is resident memory; of several the sum of their proportional shares (PSS), which counts
            what they share once. Sampled every 20 ms; never below what the kernel kept as the first
            process's own peak.
    """

    load_s: float
    table_s: float | None
    peak_bytes: int

    @property
    def seconds(self) -> float:
        """To the end of what the way does."""
        return self.load_s if self.table_s is None else self.table_s


def measure(way: str, path: Path, environment: Mapping[str, str], timeout_s: float) -> Measurement:
    """Runs a way of `bench/_ways.py` on a trace.

    Raises:
        MeasureError: the process failed, or took longer than the timeout.
    """
    command = [sys.executable, "-m", "bench._ways", way, str(path)]
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
    """Waits for the end; the most memory seen on the way."""
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
    """The process and all below it that are alive."""
    children = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children += [int(child) for child in thread.read_text().split()]
        except OSError:  # ended in between
            continue
    return [pid, *(below for child in children for below in _tree(child))]


def _memory(pids: list[int], peak: int) -> int:
    """Bytes held by the processes; a rough upper bound where that is no more than the peak."""
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
