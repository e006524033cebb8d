"""Cache files with one entry per device: what was measured or found there once. No torch."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from samprof.errors import RunError
from samprof.files import cache_directory, written_whole


class OfDevice(Protocol):
    """What an entry must have."""

    @property
    def device_name(self) -> str:
        """As `samprof.record.device.environment.device_name` gives it."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""


T = TypeVar("T", bound=OfDevice)


@dataclass(frozen=True, slots=True)
class DeviceCache(Generic[T]):
    """One file for all devices.

    Attributes:
        file: its name in the cache directory.
        operation: what errors call the writing of it.
        entry_from: the entry that `as_dict` wrote; None if the data is anything else.
    """

    file: str
    operation: str
    entry_from: Callable[[object], T | None]

    def get(self, device_name: str) -> T | None:
        """The entry of the device; None if there is none that can be read."""
        return self._all().get(device_name)

    def put(self, entry: T) -> Path:
        """Writes the entry over an older one of its device; returns the path of the file.

        Raises:
            RunError: the cache cannot be written.
        """
        entries = self._all() | {entry.device_name: entry}
        data = {name: one.as_dict() for name, one in entries.items()}
        try:
            path = cache_directory() / self.file
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(path) as file:
                file.write(json.dumps(data, indent=1).encode())
        except (OSError, RuntimeError) as error:
            remedy = "set XDG_CACHE_HOME to a folder that you can write to"
            raise RunError(self.operation, entry.device_name, str(error), remedy) from None
        return path

    def _all(self) -> dict[str, T]:
        # RuntimeError: no home directory, or JSON nested too deeply.
        with suppress(OSError, RuntimeError, ValueError, msgspec.DecodeError):
            content = (cache_directory() / self.file).read_bytes()
            found = map(self.entry_from, msgspec.json.decode(content, type=dict).values())
            return {one.device_name: one for one in found if one is not None}
        return {}
