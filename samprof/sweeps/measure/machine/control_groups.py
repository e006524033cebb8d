"""Where Linux keeps what it counts and limits of the memory of this process's control group."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")


def own_groups(proc: Path = PROC, cgroups: Path = CGROUPS) -> list[tuple[Path, int]]:
    """The folders of this process's control group for memory, each with the version of its hierarchy.

    Of version 2, then of 1; of each the group's own, then the root: in a container the path that the
    kernel names may be one outside, and its own group is then the root.

    Args:
        proc: where the kernel shows its processes.
        cgroups: where control groups are mounted.
    """
    places = {}
    with suppress(OSError, ValueError):
        for line in (proc / "self" / "cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            places[controllers] = path.lstrip("/")
    found = []
    if "" in places:
        found += [(cgroups / places[""], 2), (cgroups, 2)]
    if "memory" in places:
        root = cgroups / "memory"
        found += [(root / places["memory"], 1), (root, 1)]
    return found
