"""NVML through ctypes, on a stand-in for the library: read, partly supported, an instance, not there."""

import pytest

from samprof.record.device import nvml
from samprof.record.device.nvml import NvmlGpu
from tests.support.nvml import MIG, UUID, Library, install


def test_all_that_is_asked_is_read_in_its_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Library())
    gpu = NvmlGpu(UUID)
    assert not gpu.is_instance
    assert (gpu.sm_mhz(), gpu.memory_mhz(), gpu.temperature_c()) == (1980, 2619, 61)
    assert (gpu.power_w(), gpu.energy_j(), gpu.utilisation()) == (699.5, 5000.25, 0.97)
    assert (gpu.throttle_bits(), gpu.pids(), gpu.driver()) == (5, {10, 11}, "570.86.15")


def test_a_counter_of_many_days_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Library(energy=2**40 + 1))  # beyond 32 bits after 6000 s at 700 W
    assert NvmlGpu(UUID).energy_j() == (2**40 + 1) / 1e3


def test_what_is_not_supported_or_not_in_the_library_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = Library()
    library.counters.clear()
    older = library.functions()
    del older.nvmlDeviceGetTotalEnergyConsumption, older.nvmlDeviceGetComputeRunningProcesses_v3
    monkeypatch.setattr(nvml, "_library", lambda: older)
    gpu = NvmlGpu(UUID)
    assert gpu.energy_j() is gpu.pids() is gpu.sm_mhz() is gpu.power_w() is None
    assert gpu.throttle_bits() is gpu.utilisation() is gpu.temperature_c() is None


@pytest.mark.parametrize("name", [MIG, MIG.replace("MIG-", "GPU-")])
def test_an_instance_has_the_clocks_of_its_gpu_and_no_energy_of_its_own(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # torch gives the name of an instance without saying that it is one.
    library = Library()
    install(monkeypatch, library)
    gpu = NvmlGpu(name)
    assert gpu.is_instance
    assert (gpu.sm_mhz(), gpu.energy_j()) == (1980, None)
    assert "energy" not in library.asked


def test_what_is_not_there_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Library())
    with pytest.raises(OSError, match="the GPU's state is not read: NVML says Not Found"):
        NvmlGpu("GPU-2")
    monkeypatch.undo()
    install(monkeypatch, None)
    with pytest.raises(OSError, match="the GPU's state is not read: there is no libnvidia"):
        NvmlGpu(UUID)
