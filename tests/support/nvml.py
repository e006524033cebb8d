"""A stand-in for the library NVML with recorded answers, called the way ctypes calls the real one."""

import ctypes
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from samprof.record.device import nvml
from samprof.record.device.nvml import _Process, _Utilisation

UUID = "GPU-00000000-0000-0000-0000-000000000001"
MIG = "MIG-00000000-0000-0000-0000-000000000002"
NOT_SUPPORTED, NOT_FOUND, TOO_SMALL = 3, 6, 7
_WHOLE, _PART = 0xA0, 0xB0  # handles

_uint, _ulonglong, _handle = ctypes.c_uint, ctypes.c_ulonglong, ctypes.c_void_p


class Library:
    """One GPU, and an instance of it.

    Attributes:
        counters: name -> what the function of that name writes; a missing one is not supported.
        pids: of the processes that use the GPU.
        asked: the functions that were called.
    """

    def __init__(self, pids: Sequence[int] = (10, 11), **counters: int) -> None:
        self.pids, self.asked = pids, list[str]()
        self.counters = {
            "sm": 1980,
            "memory": 2619,
            "throttle": 0x1 | 0x4,
            "power": 699_500,
            "energy": 5_000_250,
            "temperature": 61,
            "utilisation": 97,
            **counters,
        }

    def functions(self) -> SimpleNamespace:
        """The library as `ctypes.CDLL` gives it."""
        made = {
            "nvmlInit_v2": ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 0),
            "nvmlErrorString": _words,
            "nvmlDeviceGetHandleByUUID": _function(ctypes.c_char_p, _handle)(self._by_uuid),
            "nvmlDeviceGetDeviceHandleFromMigDeviceHandle": _function(_handle, _handle)(_parent),
            "nvmlDeviceGetClockInfo": _function(_handle, _uint, _uint, by_value=2)(self._clock),
            "nvmlDeviceGetTemperature": _function(_handle, _uint, _uint, by_value=2)(
                lambda handle, sensor, out: self._write("temperature", handle, out)
            ),
            "nvmlDeviceGetUtilizationRates": _function(_handle, _Utilisation)(self._rates),
            "nvmlDeviceGetComputeRunningProcesses_v3": _function(_handle, _uint, _Process)(
                self._processes
            ),
            "nvmlSystemGetDriverVersion": ctypes.CFUNCTYPE(
                ctypes.c_int, ctypes.POINTER(ctypes.c_char), _uint
            )(_driver),
        }
        simple = {
            "nvmlDeviceGetPowerUsage": ("power", _uint),
            "nvmlDeviceGetTotalEnergyConsumption": ("energy", _ulonglong),
            "nvmlDeviceGetCurrentClocksThrottleReasons": ("throttle", _ulonglong),
        }
        for function, (name, kind) in simple.items():
            made[function] = _function(_handle, kind)(
                lambda handle, out, name=name: self._write(name, handle, out)
            )
        return SimpleNamespace(**made)

    def _write(self, name: str, handle: int, out: Any) -> int:
        self.asked.append(name)
        assert handle == _WHOLE
        if name not in self.counters:
            return NOT_SUPPORTED
        out[0] = self.counters[name]
        return 0

    def _by_uuid(self, uuid: bytes, out: Any) -> int:
        known = {UUID.encode(): _WHOLE, MIG.encode(): _PART}
        if uuid not in known:
            return NOT_FOUND
        out[0] = known[uuid]
        return 0

    def _clock(self, handle: int, kind: int, out: Any) -> int:
        return self._write({1: "sm", 2: "memory"}[kind], handle, out)

    def _rates(self, handle: int, out: Any) -> int:
        value = ctypes.pointer(_uint())
        status = self._write("utilisation", handle, value)
        out[0] = _Utilisation(value[0], 40)
        return status

    def _processes(self, handle: int, count: Any, out: Any) -> int:
        if count[0] < len(self.pids):
            return TOO_SMALL
        count[0] = len(self.pids)
        for place, pid in enumerate(self.pids):
            out[place] = _Process(pid, 2**30, 0, 0)
        return 0


def install(monkeypatch: pytest.MonkeyPatch, library: Library | None) -> None:
    """Makes this the library that samprof finds; None for a machine without one."""
    if library is None:
        monkeypatch.setattr(nvml, "_LIBRARY", "libnvidia-ml-of-nowhere.so.1")
    else:
        monkeypatch.setattr(nvml, "_library", library.functions)


def _function(*kinds: Any, by_value: int = 1) -> Callable[[Callable[..., int]], Any]:
    """The C type of a function whose first arguments are values and whose others are pointers."""
    values, pointers = kinds[:by_value], kinds[by_value:]
    return ctypes.CFUNCTYPE(ctypes.c_int, *values, *map(ctypes.POINTER, pointers))


def _words(status: int) -> bytes:
    return {NOT_FOUND: b"Not Found"}.get(status, b"Unknown Error")


def _parent(handle: int, out: Any) -> int:
    if handle != _PART:
        return NOT_SUPPORTED
    out[0] = _WHOLE
    return 0


def _driver(out: Any, size: int) -> int:
    text = b"570.86.15\0"
    assert size >= len(text)
    ctypes.memmove(out, text, len(text))
    return 0
