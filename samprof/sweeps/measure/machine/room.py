"""Whether the memory is enough for other processes beside one that is there, on Linux."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from samprof.sweeps.measure.machine.control_groups import CGROUPS, PROC, own_groups

_LIMITS = {
    2: ("memory.max", "memory.current"),
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes"),
}
"""Version of the control groups -> the files with their limit and with what they take."""
_KIB = 1024


def has_room(
    pid: int, size: int, others: Sequence[int], proc: Path = PROC, cgroups: Path = CGROUPS
) -> bool:
    """Whether others fit beside a process that waits: they may take half of the memory that is left.

    Args:
        pid: the process.
        size: what it measures; a larger one is taken for as much larger, a smaller one for as large.
        others: the sizes of the others.
        proc: where the kernel shows its processes; where it does not, there is no room.
        cgroups: where control groups are mounted.
    """
    try:
        left = _available_bytes(proc, cgroups)
        taken = _peak_bytes(proc, pid) * sum(max(1.0, other / size) for other in others)
    except (OSError, ValueError, StopIteration):
        return False
    return taken <= left / 2


def _available_bytes(proc: Path, cgroups: Path) -> int:
    """What the machine has left, or a control group around this process, if that is less."""
    available = _kib_in(proc / "meminfo", "MemAvailable:")
    for group, version in own_groups(proc, cgroups):
        for folder in (group, *group.parents):
            with suppress(OSError, ValueError):  # "max" is no number: no limit
                limit, now = (int((folder / name).read_text()) for name in _LIMITS[version])
                available = min(available, limit - now)
    return available


def _peak_bytes(proc: Path, pid: int) -> int:
    return _kib_in(proc / str(pid) / "status", "VmHWM:")


def _kib_in(path: Path, name: str) -> int:
    lines = path.read_text().splitlines()
    return _KIB * next(int(line.split()[1]) for line in lines if line.startswith(name))
