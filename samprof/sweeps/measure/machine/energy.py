"""Energy of forwards, from the counters of a GPU (NVML) or of the CPUs (RAPL); nothing where neither is.

A counter holds all that its device uses, what it draws when idle and what other processes make it do
included. It is read before and after each forward; forwards go on until they are long against the time
between two updates of the counter.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch

from samprof.record.device.environment import gpu_uuid
from samprof.record.device.nvml import NvmlGpu

_POWERCAP = Path("/sys/class/powercap")
_MOST_FORWARDS = 10_000


class Meter(Protocol):
    """A running total of energy.

    Attributes:
        source: where it comes from.
        least_s: seconds of work that tell, against the time between two updates.
    """

    source: str
    least_s: float

    def read_j(self) -> float:
        """Joules so far; only differences have a meaning.

        Raises:
            OSError: the counter cannot be read any more.
        """
        ...


class NvmlMeter:
    """The total of a GPU, which NVML renews every 20 to 100 ms.

    Raises:
        OSError: this GPU has no such counter, as those before Volta and parts of one (MIG).
    """

    source = "NVML"
    least_s = 1.0

    def __init__(self, uuid: str) -> None:
        self._gpu = NvmlGpu(uuid)
        self.read_j()

    def read_j(self) -> float:
        """See `Meter`."""
        joules = self._gpu.energy_j()
        if joules is None:
            raise OSError("NVML tells no energy of this GPU")
        return joules


class RaplMeter:
    """The total of all CPU packages and their memory, which the CPUs renew every millisecond.

    Args:
        folder: of the kernel's power capping zones.

    Raises:
        OSError: there is none here, or it may not be read (on Linux mostly by root only).
    """

    source = "RAPL"
    least_s = 0.1

    def __init__(self, folder: Path = _POWERCAP) -> None:
        self._zones = [
            zone
            for zone in sorted(folder.glob("intel-rapl:*"))
            # Not the parts of a package, which it contains; nor "psys", which contains all.
            if (zone / "name").read_text().strip().partition("-")[0] in ("package", "dram")
        ]
        if not self._zones:
            raise OSError("no RAPL here")
        self._range = [int((zone / "max_energy_range_uj").read_text()) for zone in self._zones]
        self._last = self._counters()
        self._total = 0

    def read_j(self) -> float:
        """See `Meter`."""
        now = self._counters()
        for before, after, wraps_at in zip(self._last, now, self._range, strict=True):
            self._total += after - before + (wraps_at if after < before else 0)
        self._last = now
        return self._total / 1e6

    def _counters(self) -> list[int]:
        return [int((zone / "energy_uj").read_text()) for zone in self._zones]


def meter_of(device: torch.device) -> Meter | None:
    """The counter of a device; None where there is none that can be read."""
    with suppress(OSError, ValueError):
        if device.type == "cuda":
            uuid = gpu_uuid(device)
            return NvmlMeter(uuid) if uuid else None
        if device.type == "cpu":
            return RaplMeter()
    return None


@dataclass
class Metered:
    """Forwards with the energy that they take.

    Args:
        forward: runs one and returns its wall time in ns.
        meter: the counter.

    Attributes:
        joules, seconds, forwards: of all forwards so far.
    """

    forward: Callable[[], int]
    meter: Meter
    joules: float = 0.0
    seconds: float = 0.0
    forwards: int = 0
    _failed: bool = field(default=False, init=False)

    def __call__(self) -> int:
        """Runs one forward; returns its wall time in ns."""
        before = self._read()
        wall_ns = self.forward()
        self.joules += self._read() - before
        self.seconds += wall_ns / 1e9
        self.forwards += 1
        return wall_ns

    def energy(self) -> dict[str, float]:
        """Joules and seconds of a forward, after as many more as tell; empty if the counter failed."""
        while self.seconds < self.meter.least_s and self.forwards < _MOST_FORWARDS:
            self()
        if self._failed or self.joules <= 0:
            return {}
        return {"joules": self.joules / self.forwards, "seconds": self.seconds / self.forwards}

    def _read(self) -> float:
        try:
            return self.meter.read_j()
        except (OSError, ValueError):
            self._failed = True
            return 0.0
