"""Energy of forwards: counters of NVML and RAPL with recorded answers, never for what measures."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from samprof.sweeps.measure.machine import energy
from samprof.sweeps.measure.machine.energy import Metered, NvmlMeter, RaplMeter, meter_of
from tests.support.nvml import MIG, UUID, Library, install

CUDA = torch.device("cuda:0")


class Counter:
    """A total that grows by so many joules at each forward of so many seconds."""

    source, least_s = "a counter", 1.0

    def __init__(self, joules: float, seconds: float) -> None:
        self.total, self.joules, self.seconds = 1e6, joules, seconds

    def forward(self) -> int:
        self.total += self.joules
        return round(self.seconds * 1e9)

    def read_j(self) -> float:
        return self.total


def test_forwards_go_on_until_they_are_long_against_the_counter() -> None:
    counter = Counter(joules=30.0, seconds=0.125)
    metered = Metered(counter.forward, counter)
    assert [metered() for _ in range(3)] == [125_000_000] * 3
    assert metered.energy() == pytest.approx({"joules": 30.0, "seconds": 0.125})
    assert metered.forwards == 8  # 1 s
    longer = Counter(joules=900.0, seconds=3.0)
    metered = Metered(longer.forward, longer)
    metered()
    assert metered.energy() == {"joules": 900.0, "seconds": 3.0}
    assert metered.forwards == 1


def test_what_runs_between_forwards_does_not_count() -> None:
    counter = Counter(joules=30.0, seconds=1.0)
    metered = Metered(counter.forward, counter)
    metered()
    counter.total += 500.0  # reference work, say
    metered()
    assert metered.energy() == {"joules": 30.0, "seconds": 1.0}


def test_a_counter_that_fails_or_stands_still_tells_nothing() -> None:
    counter = Counter(joules=30.0, seconds=1.0)

    class Fails(Counter):
        def read_j(self) -> float:
            raise OSError

    assert Metered(counter.forward, Fails(1.0, 1.0)).energy() == {}
    assert Metered(Counter(0.0, 1.0).forward, counter).energy() == {}


def test_a_gpu_without_a_counter_has_no_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(energy=7_500)
    install(monkeypatch, library)
    assert NvmlMeter(UUID).read_j() == 7.5
    properties = SimpleNamespace(uuid=UUID.removeprefix("GPU-"))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)
    found = meter_of(CUDA)
    assert found is not None
    assert found.source == "NVML"
    properties.uuid = MIG  # a part of a GPU
    assert meter_of(CUDA) is None
    properties.uuid = UUID
    del library.counters["energy"]
    assert meter_of(CUDA) is None
    monkeypatch.undo()
    install(monkeypatch, None)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)
    assert meter_of(CUDA) is None


@pytest.fixture
def zones(tmp_path: Path) -> Path:
    """Two packages, a core and memory inside the first, and the zone of the whole platform."""
    for zone, name, microjoules in (
        ("intel-rapl:0", "package-0", 1_000_000),
        ("intel-rapl:0:0", "core", 400_000),
        ("intel-rapl:0:1", "dram", 300_000),
        ("intel-rapl:1", "package-1", 9_000_000),
        ("intel-rapl:2", "psys", 70_000_000),
    ):
        folder = tmp_path / zone
        folder.mkdir()
        (folder / "name").write_text(f"{name}\n")
        (folder / "max_energy_range_uj").write_text("10000000\n")
        (folder / "energy_uj").write_text(f"{microjoules}\n")
    return tmp_path


def test_rapl_is_the_sum_of_packages_and_memory_also_where_a_counter_wraps(zones: Path) -> None:
    meter = RaplMeter(zones)
    begun = meter.read_j()
    for zone, microjoules in (
        ("intel-rapl:0", 1_500_000),  # 0.5 J
        ("intel-rapl:0:0", 900_000),  # in the package
        ("intel-rapl:0:1", 400_000),  # 0.1 J
        ("intel-rapl:1", 1_000_000),  # from 9 J over 10 J to 1 J: 2 J
        ("intel-rapl:2", 80_000_000),
    ):
        (zones / zone / "energy_uj").write_text(str(microjoules))
    assert meter.read_j() - begun == pytest.approx(2.6)


def test_where_rapl_is_not_there_or_not_readable_there_is_no_meter(
    zones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (zones / "intel-rapl:1" / "energy_uj").unlink()
    monkeypatch.setattr(energy, "RaplMeter", lambda: RaplMeter(zones))
    assert meter_of(torch.device("cpu")) is None
    monkeypatch.setattr(energy, "RaplMeter", lambda: RaplMeter(tmp_path / "none"))
    assert meter_of(torch.device("cpu")) is None
    assert meter_of(torch.device("meta")) is None
