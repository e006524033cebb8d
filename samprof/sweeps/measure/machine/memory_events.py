"""The kernel's own count of processes that it killed for memory, on Linux."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from samprof.sweeps.measure.machine.control_groups import CGROUPS, PROC, own_groups

_COUNT = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)


def oom_kills(proc: Path = PROC, cgroups: Path = CGROUPS) -> int | None:
    """How many processes the kernel has killed for memory so far; None where that is not readable.

    Counted are those of this process's control group, whichever limit they met; where the group has
    no count, those of the whole machine.

    Args:
        proc: where the kernel shows its processes.
        cgroups: where control groups are mounted.
    """
    for path in (*_counters(proc, cgroups), proc / "vmstat"):
        with suppress(OSError, ValueError):
            found = _COUNT.search(path.read_text())
            if found is not None:
                return int(found[1])
    return None


def _counters(proc: Path, cgroups: Path) -> list[Path]:
    """Files that may hold the count of this process's control group."""
    names = {2: "memory.events", 1: "memory.oom_control"}
    return [folder / names[version] for folder, version in own_groups(proc, cgroups)]
