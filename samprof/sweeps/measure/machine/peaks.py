"""The peaks of the device that a sweep runs on: from the cache, or measured now and written there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import torch

from samprof.analysis.statistics.states import why_not_clean
from samprof.errors import SamprofError
from samprof.record.device.environment import device_name
from samprof.record.device.peaks_cache import Peaks, cache_peaks, cached_peaks
from samprof.record.peaks import measure_peaks
from samprof.sweeps.measure.machine.cpu_counters import cpu_counters, shares, usable_cpus

_SECONDS = 0.7
_TRIES = 3


def peaks_of(device: torch.device) -> Peaks:
    """What the device can do at most; measuring it takes a few seconds, once per device.

    Beside other load, or where the hypervisor takes CPU time away, a peak comes out too low, and kept it
    would make every later run look better than the device. So it is measured up to three times, until
    neither happened; without such a moment the highest rates are returned, `method` says what disturbed
    them, and nothing is cached.

    Raises:
        SamprofError: no product or no copy runs there.
    """
    known = cached_peaks(device_name(device))
    if known is not None:
        return known
    best = None
    for _ in range(_TRIES):
        peaks, disturbed = _measured(device)
        if not disturbed:
            # The cache cannot be written: then they are measured again.
            with suppress(SamprofError):
                cache_peaks(peaks)
            return peaks
        best = _higher(best, replace(peaks, method=f"{peaks.method}; {disturbed} meanwhile"))
    assert best is not None
    return best


def _measured(device: torch.device) -> tuple[Peaks, str]:
    """The peaks, and what else ran while they were measured; empty if nothing did."""
    cpus = usable_cpus()
    before, own = cpu_counters(cpus), time.process_time()
    peaks = measure_peaks(device, seconds=_SECONDS)
    spent = shares(before, cpu_counters(cpus), time.process_time() - own)
    # The pressure of the CPU is not asked: the product's own threads wait for each other's CPU.
    return peaks, why_not_clean(spent.foreign_share, None, steal_share=spent.steal_share)


def _higher(one: Peaks | None, other: Peaks) -> Peaks:
    """The higher of each rate; all else from the second."""
    if one is None:
        return other
    return replace(
        other,
        flops_per_s=_highest(one.flops_per_s, other.flops_per_s),
        bytes_per_s=max(one.bytes_per_s, other.bytes_per_s),
    )


def _highest(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: max(one.get(name, 0.0), other.get(name, 0.0)) for name in {**one, **other}}
