"""The state of an NVIDIA GPU: clocks, throttling, power, and who else uses it.

Imports nothing heavy: it also runs in a helper program beside what is measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median

from samprof.record.device.nvml import NvmlGpu

THROTTLE_REASONS = {
    0x002: "application clocks",
    0x004: "power cap",
    0x008: "hardware slowdown",
    0x010: "sync boost",
    0x020: "thermal slowdown",
    0x040: "hardware thermal slowdown",
    0x080: "power brake",
    0x100: "display clocks",
    0x200: "board limit",
    0x400: "reliability",
}
"""NVML's bits; an idle GPU is no throttling."""
_IDLE = 0x001

_FIRST_PID_NAMESPACE = "pid:[4026531836]"  # PROC_PID_INIT_INO of the kernel


@dataclass(frozen=True, slots=True)
class GpuReading:
    """A GPU at one moment; each is None where NVML does not tell.

    Attributes:
        sm_mhz, memory_mhz: its clocks.
        throttle_reasons: why the clocks are below what they could be; empty where they are not.
        power_w: watts drawn.
        temperature_c: degrees Celsius.
        utilisation: share of NVML's last sampling period in which any kernel ran.
        other_processes: how many processes besides our own use it.
        is_idle: whether nothing ran on it.
    """

    sm_mhz: int | None
    memory_mhz: int | None
    throttle_reasons: tuple[str, ...] | None
    power_w: float | None
    temperature_c: int | None
    utilisation: float | None
    other_processes: int | None
    is_idle: bool | None = None


@dataclass(frozen=True, slots=True)
class GpuAtWork:
    """What was seen of a GPU while it worked: after the work its clocks and its throttling are gone.

    Attributes:
        looks: how often it was looked at while it worked.
        sm_mhz: median clock; None where it is not told.
        power_w: mean of the watts drawn; likewise.
        throttled: reason -> share of the looks.
    """

    looks: int
    sm_mhz: float | None = None
    power_w: float | None = None
    throttled: dict[str, float] = field(default_factory=dict)


class Gpu:
    """A GPU whose state is read.

    Args:
        uuid: as `samprof.record.device.environment.gpu_uuid` gives it.

    Raises:
        OSError: NVML is not there, or does not know this GPU; the message is one line.
    """

    def __init__(self, uuid: str) -> None:
        self._nvml = NvmlGpu(uuid)

    def read(self, own_pids: Collection[int]) -> GpuReading:
        """The GPU's state now.

        Args:
            own_pids: processes that do not count as others.
        """
        gpu = self._nvml
        bits, pids = gpu.throttle_bits(), gpu.pids()
        sees_all = _in_first_pid_namespace()
        return GpuReading(
            gpu.sm_mhz(),
            gpu.memory_mhz(),
            None if bits is None else throttling(bits),
            gpu.power_w(),
            gpu.temperature_c(),
            gpu.utilisation(),
            None if pids is None else other_processes(pids, own_pids, sees_all=sees_all),
            None if bits is None else bool(bits & _IDLE),
        )


def at_work(readings: Sequence[GpuReading]) -> GpuAtWork:
    """What readings say of the GPU while it worked; those of an idle one do not count.

    Example:
        >>> idle = GpuReading(210, None, (), 60.0, None, 0.0, None, is_idle=True)
        >>> busy = GpuReading(1400, None, ("power cap",), 400.0, None, 1.0, None, is_idle=False)
        >>> at_work([idle, busy, busy])
        GpuAtWork(looks=2, sm_mhz=1400.0, power_w=400.0, throttled={'power cap': 1.0})
    """
    busy = [one for one in readings if not (one.is_idle or one.utilisation == 0)]
    clocks = [one.sm_mhz for one in busy if one.sm_mhz is not None]
    watts = [one.power_w for one in busy if one.power_w is not None]
    counts = Counter(reason for one in busy for reason in one.throttle_reasons or ())
    return GpuAtWork(
        looks=len(busy),
        sm_mhz=float(median(clocks)) if clocks else None,
        power_w=fmean(watts) if watts else None,
        throttled={reason: count / len(busy) for reason, count in counts.items()},
    )


def throttling(bits: int) -> tuple[str, ...]:
    """The reasons in a bit mask of NVML.

    Example:
        >>> throttling(0x1 | 0x4 | 0x20)
        ('power cap', 'thermal slowdown')
    """
    return tuple(words for bit, words in THROTTLE_REASONS.items() if bits & bit)


def other_processes(
    pids: Collection[int], own_pids: Collection[int], *, sees_all: bool
) -> int | None:
    """How many of a GPU's processes are not our own; None where that cannot be told.

    NVML names processes as the host does. In a container ours may have other numbers there, so a
    list in which none of ours occurs says nothing.

    Example:
        >>> other_processes({1, 2}, {1}, sees_all=False), other_processes({7}, {1}, sees_all=False)
        (1, None)
    """
    others = set(pids) - set(own_pids)
    known = sees_all or len(others) < len(set(pids)) or not pids
    return len(others) if known else None


def _in_first_pid_namespace() -> bool:
    try:
        return str(Path("/proc/self/ns/pid").readlink()) == _FIRST_PID_NAMESPACE
    except OSError:
        return False
