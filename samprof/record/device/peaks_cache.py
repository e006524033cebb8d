"""The cache of measured peaks: one file for all devices, read without torch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from samprof.record.device.device_cache import DeviceCache


@dataclass(frozen=True, slots=True)
class Peaks:
    """The highest rates measured on a device.

    Attributes:
        device_name: as `environment.device_name` gives it.
        flops_per_s: by "float32", "tf32", "bfloat16", "float16"; only those that the device supports.
        bytes_per_s: of a large copy, bytes read plus bytes written.
        date: the day of the measurement, ISO 8601.
        versions: of torch, and of CUDA and the driver with a GPU; without one, the number of threads.
        method: how they were measured, in one line.
    """

    device_name: str
    flops_per_s: Mapping[str, float]
    bytes_per_s: float
    date: str
    versions: Mapping[str, str]
    method: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; `peaks_from` reads it."""
        return dict(msgspec.to_builtins(self))


def cached_peaks(device_name: str) -> Peaks | None:
    """The peaks of the device in the cache; None if there are none that can be read."""
    return _CACHE.get(device_name)


def cache_peaks(peaks: Peaks) -> Path:
    """Writes the peaks to the cache, over older ones of that device; returns the path of the file.

    Raises:
        RunError: the cache cannot be written.
    """
    return _CACHE.put(peaks)


def peaks_from(data: object) -> Peaks | None:
    """The peaks that `as_dict` wrote; None if the data is anything else."""
    try:
        peaks = msgspec.convert(data, Peaks)
        date.fromisoformat(peaks.date)
    except (msgspec.ValidationError, ValueError):
        return None
    rates = (*peaks.flops_per_s.values(), peaks.bytes_per_s)
    return peaks if len(rates) > 1 and all(0 < rate < math.inf for rate in rates) else None


def peaks_on(environment: Mapping[str, Any]) -> dict[str, Any] | None:
    """The peaks of the device of an environment, as plain data; None where they are not known.

    Args:
        environment: of a run: what it holds itself comes before the cache.
    """
    held = environment.get("peaks")
    if isinstance(held, dict):
        return held
    found = cached_peaks(str(environment.get("device_name", "")))
    return found.as_dict() if found else None


_CACHE = DeviceCache("peaks.json", "cache peaks", peaks_from)
