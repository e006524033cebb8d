"""NVML, the library of NVIDIA's driver that tells the state of a GPU; called without any package.

Signatures and structures are those of `nvml.h`. Imports nothing heavy: it also runs in a helper program
beside what is measured.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_LIBRARY = "nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1"
_DONE = 0
_SM, _MEMORY = 1, 2
_GPU_TEMPERATURE = 0
_MOST_PROCESSES = 1024
_TEXT_BYTES = 96


class _Utilisation(ctypes.Structure):
    """`nvmlUtilization_t`, in percent of the last sampling period."""

    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class _Process(ctypes.Structure):
    """`nvmlProcessInfo_t` of version 2 and 3."""

    _fields_ = (
        ("pid", ctypes.c_uint),
        ("used_bytes", ctypes.c_ulonglong),
        ("gpu_instance", ctypes.c_uint),
        ("compute_instance", ctypes.c_uint),
    )


class NvmlGpu:
    """A GPU as NVML sees it; every question is answered by None where NVML does not tell.

    Args:
        uuid: `GPU-...`, or `MIG-...` for an instance of one. Never an index: those of torch and of NVML
            differ under CUDA_VISIBLE_DEVICES.

    Raises:
        OSError: there is no NVML here, or it does not know this GPU; the message is one line.

    Attributes:
        is_instance: whether it is a part of a GPU (MIG): then clocks, temperature and power are those of
            the whole.
    """

    def __init__(self, uuid: str) -> None:
        self._library = _library()
        self._check(self._library.nvmlInit_v2())
        own = ctypes.c_void_p()
        status = self._library.nvmlDeviceGetHandleByUUID(uuid.encode(), ctypes.byref(own))
        if status != _DONE and uuid.startswith("GPU-"):  # torch names an instance like a GPU
            name = uuid.replace("GPU-", "MIG-", 1).encode()
            status = self._library.nvmlDeviceGetHandleByUUID(name, ctypes.byref(own))
        self._check(status)
        self._own = self._whole = own
        parent = ctypes.c_void_p()
        found = self._answer("nvmlDeviceGetDeviceHandleFromMigDeviceHandle", own, parent)
        self.is_instance = found is not None
        if self.is_instance:
            self._whole = parent

    def sm_mhz(self) -> int | None:
        """The clock of the multiprocessors."""
        return self._number("nvmlDeviceGetClockInfo", ctypes.c_uint(), _SM)

    def memory_mhz(self) -> int | None:
        """The clock of the memory."""
        return self._number("nvmlDeviceGetClockInfo", ctypes.c_uint(), _MEMORY)

    def throttle_bits(self) -> int | None:
        """Why the clocks are not higher, as a bit mask; 1 is an idle GPU."""
        name = "nvmlDeviceGetCurrentClocksThrottleReasons"
        return self._number(name, ctypes.c_ulonglong())

    def power_w(self) -> float | None:
        """Watts drawn."""
        milliwatts = self._number("nvmlDeviceGetPowerUsage", ctypes.c_uint())
        return None if milliwatts is None else milliwatts / 1e3

    def energy_j(self) -> float | None:
        """Joules used since the driver was loaded; None for a part of a GPU, which has no counter."""
        if self.is_instance:
            return None
        name = "nvmlDeviceGetTotalEnergyConsumption"
        millijoules = self._number(name, ctypes.c_ulonglong())
        return None if millijoules is None else millijoules / 1e3

    def temperature_c(self) -> int | None:
        """Degrees Celsius."""
        return self._number("nvmlDeviceGetTemperature", ctypes.c_uint(), _GPU_TEMPERATURE)

    def utilisation(self) -> float | None:
        """The share of NVML's last sampling period in which any kernel ran."""
        found = self._answer("nvmlDeviceGetUtilizationRates", self._whole, _Utilisation())
        return None if found is None else found.gpu / 100

    def pids(self) -> set[int] | None:
        """The processes that have a context on it, with their numbers on the host."""
        count, found = ctypes.c_uint(_MOST_PROCESSES), (_Process * _MOST_PROCESSES)()
        name = "nvmlDeviceGetComputeRunningProcesses_v3"
        if self._answer(name, self._own, found, ctypes.byref(count)) is None:
            return None
        return {process.pid for process in found[: count.value]}

    def driver(self) -> str:
        """The version of the driver; empty where it is not told."""
        text = ctypes.create_string_buffer(_TEXT_BYTES)
        status = self._library.nvmlSystemGetDriverVersion(text, ctypes.c_uint(_TEXT_BYTES))
        return text.value.decode(errors="replace") if status == _DONE else ""

    def _number(self, name: str, answer: Any, *asked: int) -> int | None:
        found = self._answer(name, self._whole, answer, *map(ctypes.c_uint, asked))
        return None if found is None else int(found.value)

    def _answer(self, name: str, handle: ctypes.c_void_p, answer: Any, *asked: Any) -> Any:
        """What a function writes into `answer`, its last argument; None where it is not supported."""
        function = getattr(self._library, name, None)
        if function is None:
            return None
        pointer = answer if isinstance(answer, ctypes.Array) else ctypes.byref(answer)
        return answer if function(handle, *asked, pointer) == _DONE else None

    def _check(self, status: int) -> None:
        if status == _DONE:
            return
        words = self._library.nvmlErrorString
        words.restype = ctypes.c_char_p
        raise OSError(f"the GPU's state is not read: NVML says {words(status).decode()}")


def _library() -> Any:
    try:
        return ctypes.CDLL(_LIBRARY)
    except OSError:
        raise OSError(f"the GPU's state is not read: there is no {_LIBRARY} here") from None
