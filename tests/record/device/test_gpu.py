"""A GPU's state, from a stand-in for NVML."""

import pytest

from samprof.record.device import gpu
from samprof.record.device.gpu import Gpu, GpuAtWork, GpuReading, at_work, other_processes
from tests.support.nvml import UUID, Library, install


@pytest.fixture(autouse=True)
def _in_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "_in_first_pid_namespace", lambda: False)


def test_a_gpu_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Library())
    expected = GpuReading(1980, 2619, ("power cap",), 699.5, 61, 0.97, 1, is_idle=True)
    assert Gpu(UUID).read(own_pids=[10]) == expected


def test_what_a_gpu_does_not_support_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(pids=())
    library.counters.clear()
    install(monkeypatch, library)
    assert Gpu(UUID).read([]) == GpuReading(None, None, None, None, None, None, 0)


def test_only_what_is_seen_while_it_works_counts() -> None:
    def reading(mhz: int | None, *reasons: str, idle: bool | None = False) -> GpuReading:
        return GpuReading(
            mhz, None, reasons, 400.0, None, None if idle is None else 1.0, None, idle
        )

    looks = [reading(210, idle=True), reading(1980, "power cap"), reading(1400), reading(1500)]
    found = at_work(looks)
    assert (found.looks, found.sm_mhz, found.power_w) == (3, 1500.0, 400.0)
    assert found.throttled == {"power cap": pytest.approx(1 / 3)}
    assert at_work([]) == at_work(looks[:1]) == GpuAtWork(0)
    # Where NVML tells neither idleness nor use, every look counts.
    assert at_work([reading(None, idle=None)]) == GpuAtWork(1, None, 400.0)


def test_other_processes_are_counted_only_where_ours_can_be_told_apart() -> None:
    assert other_processes([], [1], sees_all=False) == 0
    assert other_processes([1], [1], sees_all=False) == 0
    assert other_processes([1, 2, 3], [1], sees_all=False) == 2
    assert other_processes([7], [1], sees_all=False) is None
    assert other_processes([7], [1], sees_all=True) == 1
