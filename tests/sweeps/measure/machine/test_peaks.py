"""The peaks that a sweep asks for: cached only if nothing else ran while they were measured."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from samprof.record.device.environment import device_name
from samprof.record.device.peaks_cache import Peaks, cache_peaks, cached_peaks
from samprof.sweeps.measure.machine import peaks as module
from samprof.sweeps.measure.machine.cpu_counters import Spent

CPU = torch.device("cpu")
QUIET, BESIDE_LOAD = Spent(0.0, 0.9, 0.0), Spent(0.48, 0.9, 0.0)


def _peaks(float32: float, bytes_per_s: float) -> Peaks:
    name = device_name(CPU)
    return Peaks(
        name, {"float32": float32}, bytes_per_s, "2026-11-24", {"threads": "2"}, "products"
    )


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def _given(
    monkeypatch: pytest.MonkeyPatch, measured: list[Peaks], spent: list[Spent]
) -> Iterator[Spent]:
    """The measurements come out as given; returns what is left of the shares."""
    results, left = iter(measured), iter(spent)
    monkeypatch.setattr(module, "measure_peaks", lambda device, seconds: next(results))
    monkeypatch.setattr(module, "shares", lambda start, end, own_cpu_s: next(left))
    return left


def test_peaks_of_a_quiet_machine_are_measured_once_and_cached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = _given(monkeypatch, [_peaks(2.0, 3.0)] * 2, [QUIET, QUIET])
    assert module.peaks_of(CPU) == _peaks(2.0, 3.0) == cached_peaks(device_name(CPU))
    assert module.peaks_of(CPU) == _peaks(2.0, 3.0)
    assert list(left) == [QUIET]


def test_peaks_are_measured_again_until_nothing_else_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    _given(monkeypatch, [_peaks(1.0, 1.0), _peaks(2.0, 3.0)], [BESIDE_LOAD, QUIET])
    assert module.peaks_of(CPU) == _peaks(2.0, 3.0) == cached_peaks(device_name(CPU))


def test_peaks_beside_load_say_so_and_are_not_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = [_peaks(1.0, 4.0), _peaks(3.0, 1.0), _peaks(2.0, 2.0)]
    left = _given(monkeypatch, measured, [BESIDE_LOAD] * 4)
    found = module.peaks_of(CPU)
    assert (found.flops_per_s, found.bytes_per_s) == ({"float32": 3.0}, 4.0)
    assert found.method == "products; foreign processes used 0.48 of the CPU meanwhile"
    assert cached_peaks(device_name(CPU)) is None
    assert list(left) == [BESIDE_LOAD]


def test_peaks_while_the_hypervisor_took_time_away_are_not_cached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _given(monkeypatch, [_peaks(1.0, 1.0)] * 3, [Spent(0.0, 0.0, 0.45)] * 3)
    found = module.peaks_of(CPU)
    assert found.method == "products; the hypervisor withheld 0.45 of the CPU (steal) meanwhile"
    assert cached_peaks(device_name(CPU)) is None


def test_cached_peaks_are_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    cache_peaks(_peaks(5.0, 6.0))
    left = _given(monkeypatch, [], [])
    assert module.peaks_of(CPU) == _peaks(5.0, 6.0)
    assert list(left) == []
