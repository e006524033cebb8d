"""What Linux counts of the CPUs that this process may use: busy and stolen time, pressure."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class CpuCounters:
    """Running totals, of which only differences have a meaning.

    Attributes:
        time_s: when they were read (`time.monotonic`, the same in all processes of a machine).
        cpus: how many CPUs are in busy_s and steal_s.
        busy_s, steal_s: seconds that these CPUs ran anything, and that the host ran something else
            on them; None where not readable. Linux counts both in ticks, mostly of 10 ms.
        pressure_s: seconds in which some runnable thread of the machine waited for a CPU.
    """

    time_s: float
    cpus: int
    busy_s: float | None
    steal_s: float | None
    pressure_s: float | None


@dataclass(frozen=True, slots=True)
class Spent:
    """Shares of the time between two readings, from 0 to 1; None where not readable.

    Attributes:
        foreign_share: of the CPUs' time, what others than our own processes used.
        pressure: of the time, when some runnable thread waited for a CPU. Our own threads count:
            more of them than CPUs cause it too.
        steal_share: of the CPUs' time, what the host took away.
    """

    foreign_share: float | None
    pressure: float | None
    steal_share: float | None


def usable_cpus() -> list[int]:
    """The CPUs that this process may use; empty where the system does not tell."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    return sorted(os.sched_getaffinity(0))


def cpu_counters(cpus: Collection[int]) -> CpuCounters:
    """The counters of these CPUs now."""
    busy, steal = cpu_seconds(_text("stat"), cpus)
    pressure = pressure_seconds(_text("pressure/cpu"))
    return CpuCounters(time.monotonic(), len(cpus), busy, steal, pressure)


LEAST_CPU_S = 0.6


def shares(start: CpuCounters, end: CpuCounters, own_cpu_s: float) -> Spent:
    """What happened between two readings of the counters; None where they are too close to tell.

    The counters of CPU time advance in ticks of mostly 10 ms: over less than `LEAST_CPU_S` of all CPUs
    together two ticks of somebody else would look like more than a sample may have.

    Args:
        start: the first reading.
        end: the second one.
        own_cpu_s: CPU seconds, user and system, that our own processes used between the two.
    """
    seconds = end.time_s - start.time_s
    if seconds * start.cpus < LEAST_CPU_S or start.cpus != end.cpus:
        return Spent(None, None, None)
    room = seconds * start.cpus
    busy = _difference(start.busy_s, end.busy_s)
    steal = _difference(start.steal_s, end.steal_s)
    pressure = _difference(start.pressure_s, end.pressure_s)
    return Spent(
        None if busy is None else max(0.0, busy - own_cpu_s) / room,
        None if pressure is None else pressure / seconds,
        None if steal is None else steal / room,
    )


def cpu_seconds(
    stat: str, cpus: Collection[int], ticks_per_s: int | None = None
) -> tuple[float | None, float | None]:
    r"""Busy and stolen seconds of these CPUs in the text of `/proc/stat`; None where one is missing.

    Busy is user, nice, system, irq and softirq; guests are in user already.

    Example:
        >>> cpu_seconds("cpu  9 9 9 9 9\ncpu0 100 0 50 700 0 5 5 20 0 0", [0], ticks_per_s=100)
        (1.6, 0.2)
    """
    lines = dict(line.split(maxsplit=1) for line in stat.splitlines() if line.startswith("cpu"))
    busy = stolen = 0
    for cpu in cpus:
        ticks = [int(word) for word in lines.get(f"cpu{cpu}", "").split()]
        if len(ticks) < 8:
            return None, None
        user, nice, system, _, _, irq, softirq, steal = ticks[:8]
        busy += user + nice + system + irq + softirq
        stolen += steal
    if not cpus:
        return None, None
    per_s = ticks_per_s or os.sysconf("SC_CLK_TCK")
    return busy / per_s, stolen / per_s


def pressure_seconds(text: str) -> float | None:
    """The total of the line "some" in the text of `/proc/pressure/cpu`; None where there is none.

    Example:
        >>> pressure_seconds("some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000")
        1.5
    """
    for line in text.splitlines():
        kind, *fields = line.split()
        if kind == "some":
            total = dict(field.split("=", 1) for field in fields).get("total")
            return int(total) / 1e6 if total is not None else None
    return None


def _difference(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else max(0.0, end - start)


def _text(name: str) -> str:
    """A file below /proc; empty where it cannot be read."""
    with suppress(OSError):
        return (_PROC / name).read_text()
    return ""
