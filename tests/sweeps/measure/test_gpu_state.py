"""A GPU's state from a stand-in for NVML: read, partly supported, not there."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from samprof.sweeps.measure import gpu_state
from samprof.sweeps.measure.gpu_state import Gpu, GpuReading, gpu_uuid, other_processes

UUID = "GPU-00000000-0000-0000-0000-000000000001"


class NVMLError(Exception):
    pass


def nvml(**more: Any) -> SimpleNamespace:
    """A stand-in for the module `pynvml`, with one GPU."""

    def by_uuid(uuid: str) -> str:
        if uuid != UUID:
            raise NVMLError("Not Found")
        return "handle"

    functions = {
        "nvmlInit": lambda: None,
        "nvmlDeviceGetHandleByUUID": by_uuid,
        "nvmlDeviceGetClockInfo": lambda handle, kind: {1: 1980, 2: 2619}[kind],
        "nvmlDeviceGetCurrentClocksThrottleReasons": lambda handle: 0x1 | 0x4,
        "nvmlDeviceGetPowerUsage": lambda handle: 699_500,
        "nvmlDeviceGetTemperature": lambda handle, sensor: 61,
        "nvmlDeviceGetUtilizationRates": lambda handle: SimpleNamespace(gpu=97, memory=40),
        "nvmlDeviceGetComputeRunningProcesses": lambda handle: [
            SimpleNamespace(pid=10),
            SimpleNamespace(pid=11),
        ],
    }
    names = {"NVMLError": NVMLError, "NVML_CLOCK_SM": 1, "NVML_CLOCK_MEM": 2}
    return SimpleNamespace(**{**functions, **names, "NVML_TEMPERATURE_GPU": 0, **more})


def install(monkeypatch: pytest.MonkeyPatch, module: Any) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", module)
    monkeypatch.setattr(gpu_state, "_in_first_pid_namespace", lambda: False)


def test_a_gpu_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, nvml())
    expected = GpuReading(1980, 2619, ("power cap",), 699.5, 61, 0.97, 1)
    assert Gpu(UUID).read(own_pids=[10]) == expected


def test_what_a_gpu_does_not_support_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise NVMLError("Not Supported")

    names = [name for name in vars(nvml()) if name.startswith("nvmlDeviceGet")]
    names.remove("nvmlDeviceGetHandleByUUID")
    install(monkeypatch, nvml(**dict.fromkeys(names, refuse)))
    assert Gpu(UUID).read([]) == GpuReading(None, None, None, None, None, None, None)
    older = nvml()
    del older.nvmlDeviceGetCurrentClocksThrottleReasons
    install(monkeypatch, older)
    assert Gpu(UUID).read([]).throttle_reasons is None


def test_what_is_not_there_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, nvml())
    with pytest.raises(OSError, match="NVML says Not Found"):
        Gpu("GPU-2")
    install(monkeypatch, None)  # import raises ImportError
    with pytest.raises(OSError, match="nvidia-ml-py is not installed"):
        Gpu(UUID)


def test_other_processes_are_counted_only_where_ours_can_be_told_apart() -> None:
    assert other_processes([], [1], sees_all=False) == 0
    assert other_processes([1], [1], sees_all=False) == 0
    assert other_processes([1, 2, 3], [1], sees_all=False) == 2
    assert other_processes([7], [1], sees_all=False) is None
    assert other_processes([7], [1], sees_all=True) == 1


def test_a_cpu_has_no_uuid_and_a_gpu_has_the_one_nvml_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert gpu_uuid(torch.device("cpu")) is None
    properties = SimpleNamespace(uuid=UUID.removeprefix("GPU-"))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: properties)
    assert gpu_uuid(torch.device("cuda:0")) == UUID
    properties.uuid = "MIG-7"
    assert gpu_uuid(torch.device("cuda:0")) == "MIG-7"
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace())
    assert gpu_uuid(torch.device("cuda:0")) is None
