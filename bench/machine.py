"""The machine and the versions that a benchmark ran with, as lines of markdown."""

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def describe(command: str, distributions: tuple[str, ...]) -> str:
    """Date, command, processor, memory, system and versions.

    Args:
        command: how to run the benchmark again.
        distributions: packages to name with their versions, those that are installed.
    """
    installed = [(name, installed_version(name)) for name in distributions]
    versions = ", ".join(f"{name} {found}" for name, found in installed if found)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, `{command}`\n\n"
        f"- {_processor()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB; {platform.platform()}\n"
        f"- Python {platform.python_version()}, {versions}\n"
    )


def installed_version(distribution: str) -> str | None:
    """The version of an installed package; None if it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", _text("/proc/cpuinfo"), re.MULTILINE)
    return found[1] if found else platform.machine()


def _memory_gib() -> float:
    found = re.search(r"MemTotal:\s+(\d+) kB", _text("/proc/meminfo"))
    return int(found[1]) / 2**20 if found else 0.0


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
