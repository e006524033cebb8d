"""The state of an NVIDIA GPU from NVML, where the optional package `nvidia-ml-py` is installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

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
"""NVML's bits; 0x001, an idle GPU, is no throttling."""

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
    """

    sm_mhz: int | None
    memory_mhz: int | None
    throttle_reasons: tuple[str, ...] | None
    power_w: float | None
    temperature_c: int | None
    utilisation: float | None
    other_processes: int | None


class Gpu:
    """A GPU as NVML sees it.

    Args:
        uuid: as `gpu_uuid` gives it.

    Raises:
        OSError: NVML is not installed, or does not know this GPU; the message is one line.
    """

    def __init__(self, uuid: str) -> None:
        try:
            self._nvml: Any = importlib.import_module("pynvml")
        except ImportError:
            raise OSError("the GPU's state is not read: nvidia-ml-py is not installed") from None
        try:
            self._nvml.nvmlInit()
            self._handle = self._nvml.nvmlDeviceGetHandleByUUID(uuid)
        except self._nvml.NVMLError as error:
            raise OSError(f"the GPU's state is not read: NVML says {error}") from None

    def read(self, own_pids: Collection[int]) -> GpuReading:
        """The GPU's state now.

        Args:
            own_pids: processes that do not count as others.
        """
        nvml = self._nvml
        power = self._ask("nvmlDeviceGetPowerUsage")
        reasons = self._ask("nvmlDeviceGetCurrentClocksThrottleReasons")
        used = self._ask("nvmlDeviceGetUtilizationRates")
        return GpuReading(
            self._ask("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_SM),
            self._ask("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_MEM),
            None if reasons is None else throttling(reasons),
            None if power is None else power / 1e3,
            self._ask("nvmlDeviceGetTemperature", nvml.NVML_TEMPERATURE_GPU),
            None if used is None else used.gpu / 100,
            self._others(own_pids),
        )

    def _others(self, own_pids: Collection[int]) -> int | None:
        running = self._ask("nvmlDeviceGetComputeRunningProcesses")
        if running is None:
            return None
        pids = {process.pid for process in running}
        return other_processes(pids, own_pids, sees_all=_in_first_pid_namespace())

    def _ask(self, name: str, *arguments: Any) -> Any:
        """What an NVML function says of this GPU; None where it is not supported."""
        function: Callable[..., Any] | None = getattr(self._nvml, name, None)
        try:
            return None if function is None else function(self._handle, *arguments)
        except self._nvml.NVMLError:
            return None


def gpu_uuid(device: torch.device) -> str | None:
    """NVML's name of a CUDA device; None for any other. This initialises CUDA in this process."""
    if device.type != "cuda":
        return None
    import torch

    uuid = str(getattr(torch.cuda.get_device_properties(device), "uuid", ""))
    if not uuid:
        return None
    return uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"


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
