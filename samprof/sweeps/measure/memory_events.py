"""The kernel's own count of processes that it killed for memory, on Linux."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

_PROC, _CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
_COUNT = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)


def oom_kills(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int | None:
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
    """Files that may hold the count of this process's control group: of version 2, then of 1.

    In a container the path that the kernel names may be one outside; its own group is then the root.
    """
    places = {}
    with suppress(OSError, ValueError):
        for line in (proc / "self" / "cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            places[controllers] = path.lstrip("/")
    found = []
    if "" in places:
        found += [cgroups / places[""] / "memory.events", cgroups / "memory.events"]
    if "memory" in places:
        root = cgroups / "memory"
        found += [root / places["memory"] / "memory.oom_control", root / "memory.oom_control"]
    return found
