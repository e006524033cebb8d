"""Processes that take turns: one works at a time, for a moment, and they go round.

What slows a machine for a second or two then slows the forwards of all sizes alike, and is gone from
their ratio. On two virtual CPUs of a busy host the speed-up of the small encoder at batch 8 varied by
16 % between rounds whose processes ran one after the other, and by 6 % between rounds of six turns.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_LATENCY = struct.Struct("=d")
_PROC, _CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
_KIB = 1024


class Turn:
    """The side of a process that takes turns.

    Args:
        go: descriptor to read from: that it is its turn.
        done: descriptor to write to: that it is not any more.
    """

    def __init__(self, go: int, done: int) -> None:
        self._go, self._done = go, done

    def __call__(self) -> float | None:
        """Hands the turn on, and waits for the next.

        Returns:
            The cross-core latency in ns, read just before, as `cross_core_latency_ns` gives it.
        """
        os.write(self._done, b"\0")
        told = os.read(self._go, _LATENCY.size)
        if len(told) < _LATENCY.size:
            raise EOFError("nobody gives turns any more")
        (latency,) = _LATENCY.unpack(told)
        return None if math.isnan(latency) else latency


class TurnOf:
    """The side of whoever gives the turns, for one process.

    Attributes:
        turn: of the process.
        handed_on: descriptor that can be read once the process has handed its turn on.
    """

    def __init__(self) -> None:
        go, self._give = os.pipe()
        self.handed_on, done = os.pipe()
        self.turn = Turn(go, done)
        self._of_process = (go, done)

    def forked(self) -> None:
        """To be called once the process has been forked: its ends are not needed here."""
        for end in self._of_process:
            os.close(end)

    def give(self, latency_ns: float | None) -> None:
        """Gives the process its turn; whether it still runs shows in its end."""
        with suppress(BrokenPipeError):
            os.write(self._give, _LATENCY.pack(math.nan if latency_ns is None else latency_ns))

    def taken_back(self) -> None:
        """Reads that the process has handed its turn on."""
        os.read(self.handed_on, 1)

    def close(self) -> None:
        """The process has ended."""
        os.close(self._give)
        os.close(self.handed_on)


def has_room(waiting: Sequence[tuple[int, int]], size: int, proc: Path = _PROC) -> bool:
    """Whether another process fits beside those that wait: it may take half of the memory that is left.

    Args:
        waiting: process number and size of each that waits.
        size: of the next.
        proc: where the kernel shows its processes; where it does not, there is no room.
    """
    try:
        left = _available_bytes(proc)
        taken = max(_peak_bytes(proc, pid) * max(1.0, size / other) for pid, other in waiting)
    except (OSError, ValueError, StopIteration):
        return False
    return taken <= left / 2


def _available_bytes(proc: Path, cgroups: Path = _CGROUPS) -> int:
    available = _kib_in(proc / "meminfo", "MemAvailable:")
    for most, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        with suppress(OSError, ValueError):  # "max" is no number: no limit
            limit, now = (int((cgroups / name).read_text()) for name in (most, used))
            available = min(available, limit - now)
    return available


def _peak_bytes(proc: Path, pid: int) -> int:
    return _kib_in(proc / str(pid) / "status", "VmHWM:")


def _kib_in(path: Path, name: str) -> int:
    lines = path.read_text().splitlines()
    return _KIB * next(int(line.split()[1]) for line in lines if line.startswith(name))
