"""The cache of measured peaks: one file for all devices, read without torch."""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from samprof.errors import RunError
from samprof.files import cache_directory, written_whole


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
    return _all_cached().get(device_name)


def cache_peaks(peaks: Peaks) -> Path:
    """Writes the peaks to the cache, over older ones of that device; returns the path of the file.

    Raises:
        RunError: the cache cannot be written.
    """
    cached = _all_cached() | {peaks.device_name: peaks}
    entries = {name: one.as_dict() for name, one in cached.items()}
    try:
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as file:
            file.write(json.dumps(entries, indent=1).encode())
    except (OSError, RuntimeError) as error:
        remedy = "set XDG_CACHE_HOME to a folder that you can write to"
        raise RunError("cache peaks", peaks.device_name, str(error), remedy) from None
    return path


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


def _path() -> Path:
    return cache_directory() / "peaks.json"


def _all_cached() -> dict[str, Peaks]:
    # RuntimeError: no home directory, or JSON nested too deeply.
    with suppress(OSError, RuntimeError, ValueError, msgspec.DecodeError):
        found = map(peaks_from, msgspec.json.decode(_path().read_bytes(), type=dict).values())
        return {peaks.device_name: peaks for peaks in found if peaks is not None}
    return {}
