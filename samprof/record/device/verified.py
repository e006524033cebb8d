"""What `samprof verify` found on a device, cached so that later reports name it. No torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from samprof.record.device.device_cache import DeviceCache


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification says of a device.

    Attributes:
        device_name: as `samprof.record.device.environment.device_name` gives it.
        date: the day, ISO 8601.
        text: the last line of the verification.
        ok: whether no check failed.
        within_percent: how far times were from CUDA events at most; None where none were compared.
        versions: of samprof, torch, CUDA and the driver.
    """

    device_name: str
    date: str
    text: str
    ok: bool
    within_percent: float | None
    versions: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; `verified_from` reads it."""
        return dict(msgspec.to_builtins(self))

    def __str__(self) -> str:
        known = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return f"samprof verify on {self.date}{f' ({known})' if known else ''}: {self.text}"


def cached_verified(device_name: str) -> Verified | None:
    """What the cache holds of the device; None if there is nothing that can be read."""
    return _CACHE.get(device_name)


def cache_verified(found: Verified) -> Path:
    """Writes a verification to the cache, over an older one of that device; returns the file's path.

    Raises:
        RunError: the cache cannot be written.
    """
    return _CACHE.put(found)


def verified_from(data: object) -> Verified | None:
    """The verification that `as_dict` wrote; None if the data is anything else."""
    try:
        found = msgspec.convert(data, Verified)
        date.fromisoformat(found.date)
    except (msgspec.ValidationError, ValueError):
        return None
    return found


def verified_on(environment: Mapping[str, Any]) -> str:
    """What was found on the device of an environment, in words; empty where it was not verified.

    Args:
        environment: of a run: what it holds itself comes before the cache.
    """
    held = verified_from(environment.get("verified"))
    found = held or cached_verified(str(environment.get("device_name", "")))
    return str(found) if found else ""


_CACHE = DeviceCache("verified.json", "verify", verified_from)
