"""What the operating system counts of this process: page faults, CPU time, interruptions."""

from __future__ import annotations

from dataclasses import dataclass

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Usage:
    """Running totals of this process and all its threads, of which differences have a meaning.

    Attributes:
        minor_faults: pages that were mapped at first touch, without reading a disk.
        user_s, system_s: CPU seconds. Linux knows their sum exactly, and how it splits from samples
            (a tick, mostly 4 ms), so their difference over a short time is coarse.
        involuntary_switches: how often a thread had to leave its CPU to another one.
    """

    minor_faults: int
    user_s: float
    system_s: float
    involuntary_switches: int

    def since(self, start: Usage) -> Usage:
        """What was added since an earlier reading."""
        return Usage(
            self.minor_faults - start.minor_faults,
            self.user_s - start.user_s,
            self.system_s - start.system_s,
            self.involuntary_switches - start.involuntary_switches,
        )


def own_usage() -> Usage | None:
    """The totals of this process now; None where the system does not tell (Windows)."""
    if resource is None:
        return None
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Usage(used.ru_minflt, used.ru_utime, used.ru_stime, used.ru_nivcsw)


def cpu_s() -> float:
    """CPU seconds of this process so far, user and system; 0 where the system does not tell."""
    used = own_usage()
    return used.user_s + used.system_s if used is not None else 0.0
