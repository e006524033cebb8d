"""Measured peaks of devices, kept in a file between runs; read without torch."""

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
from samprof.files import kept_folder, written_whole


@dataclass(frozen=True, slots=True)
class Peaks:
    """The most that a device was seen to do.

    Attributes:
        device_name: as `environment.device_name` says it.
        flops_per_s: by "float32", "tf32", "bfloat16", "float16"; only what the device can do.
        bytes_per_s: of a large copy, bytes read plus bytes written.
        date: the ISO day of the measurement.
        versions: torch, and with a GPU cuda and driver, without one the threads of torch.
        method: how it was measured, in a line.
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


def kept_peaks(device_name: str) -> Peaks | None:
    """The peaks of that device that were kept; None where there are none that can be read."""
    return _all_kept().get(device_name)


def keep_peaks(peaks: Peaks) -> Path:
    """The file that keeps the peaks from now on, in the place of older ones of that device.

    Raises:
        RunError: it cannot be written.
    """
    kept = _all_kept() | {peaks.device_name: peaks}
    entries = {name: one.as_dict() for name, one in kept.items()}
    try:
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as file:
            file.write(json.dumps(entries, indent=1).encode())
    except (OSError, RuntimeError) as error:
        remedy = "set XDG_CACHE_HOME to a folder that can be written"
        raise RunError("keep peaks", peaks.device_name, str(error), remedy) from None
    return path


def peaks_from(data: object) -> Peaks | None:
    """The peaks that `as_dict` wrote; None if it is anything else."""
    try:
        peaks = msgspec.convert(data, Peaks)
        date.fromisoformat(peaks.date)
    except (msgspec.ValidationError, ValueError):
        return None
    rates = (*peaks.flops_per_s.values(), peaks.bytes_per_s)
    return peaks if len(rates) > 1 and all(0 < rate < math.inf for rate in rates) else None


def _path() -> Path:
    return kept_folder() / "peaks.json"


def _all_kept() -> dict[str, Peaks]:
    # RuntimeError: no home, or nested too deeply.
    with suppress(OSError, RuntimeError, ValueError, msgspec.DecodeError):
        found = map(peaks_from, msgspec.json.decode(_path().read_bytes(), type=dict).values())
        return {peaks.device_name: peaks for peaks in found if peaks is not None}
    return {}
