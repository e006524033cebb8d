"""What benchmarks of sweeps share: a sweep as a user types it, the page that is printed, busy time."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.machine import describe


def sweep(out: Path, *arguments: str) -> float:
    """`samprof sweep` with these arguments into a directory; seconds, start-up and pictures included."""
    command = [sys.executable, "-m", "samprof", "sweep", *arguments, "--out", str(out)]
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def print_page(name: str, lines: Sequence[str]) -> None:
    """The machine, the command that is running, and what it found, as markdown."""
    command = " ".join([f"python -m bench.{name}", *sys.argv[1:]])
    print("\n".join([describe(command, ("torch", "samprof")), *lines]))


def spin(duration_ns: float) -> None:
    """Keeps a CPU busy for so long."""
    end = time.perf_counter_ns() + duration_ns
    while time.perf_counter_ns() < end:
        pass
