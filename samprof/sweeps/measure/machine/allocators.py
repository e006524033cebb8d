"""The memory allocators of this machine, and what makes a process use one of them.

An allocator that returns large blocks to the operating system, as glibc's does, pays for it at the next
forward, page by page. One that holds on to them is preloaded.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from samprof.errors import UsageError
from samprof.sweeps.measure.machine.libraries import choose_library, installed_libraries, mapped_at

Allocator = Literal["system", "tcmalloc", "jemalloc"]
ALLOCATORS: tuple[str, ...] = get_args(Allocator)


@dataclass(frozen=True, slots=True)
class _Known:
    """An allocator that can be preloaded.

    Attributes:
        stems: its libraries, best first, without ".so".
        variables: settings with which it returns no memory.
        packages: package manager -> command that installs it.
    """

    stems: tuple[str, ...]
    variables: Mapping[str, str]
    packages: Mapping[str, str]


_KNOWN = {
    "tcmalloc": _Known(
        ("libtcmalloc_minimal", "libtcmalloc"),
        {"TCMALLOC_RELEASE_RATE": "0"},
        {
            "apt-get": "apt-get install libtcmalloc-minimal4",
            "dnf": "dnf install gperftools-libs",
            "conda": "conda install -c conda-forge gperftools",
        },
    ),
    "jemalloc": _Known(
        ("libjemalloc",),
        {"MALLOC_CONF": "oversize_threshold:0,dirty_decay_ms:-1,muzzy_decay_ms:-1"},
        {
            "apt-get": "apt-get install libjemalloc2",
            "dnf": "dnf install jemalloc",
            "conda": "conda install -c conda-forge jemalloc",
        },
    ),
}
_PRELOAD = "LD_PRELOAD"
_LISTS = ("MALLOC_CONF",)
"""Variables that hold settings separated by commas."""


def find_allocator(name: str) -> Path | None:
    """The shared library to preload; None where there is none, as always for "system".

    Raises:
        UsageError: an unknown name.
    """
    _check(name)
    if name == "system" or not sys.platform.startswith("linux"):
        return None
    libraries = list(installed_libraries("malloc"))
    for stem in _KNOWN[name].stems:
        found = choose_library(stem, libraries)
        if found is not None:
            return found
    return None


def environment_for(name: str, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables that make a new process use the allocator; none for "system".

    Args:
        name: one of `ALLOCATORS`.
        inherited: the variables that the process gets anyway; None for this process's.

    Raises:
        UsageError: an unknown name, or the allocator is not installed.
    """
    _check(name)
    if name == "system":
        return {}
    library = find_allocator(name)
    if library is None:
        raise UsageError("allocator", name, "not found on this machine", _remedy(name))
    inherited = os.environ if inherited is None else inherited
    others = [entry for entry in _preloaded(inherited) if entry != str(library)]
    variables = {_PRELOAD: ":".join([str(library), *others])}
    for key, value in _KNOWN[name].variables.items():
        own = inherited.get(key) or value
        # What comes last counts: the user's own settings.
        variables[key] = f"{value},{own}" if key in _LISTS and own != value else own
    return variables


def preload_note(name: str, inherited: Mapping[str, str] | None = None) -> str:
    """One line where "system" is asked for and an allocator is preloaded already; else empty.

    Example:
        >>> preload_note("system", {"LD_PRELOAD": "/usr/lib/libjemalloc.so.2"})
        "LD_PRELOAD has libjemalloc.so.2: that is this process's system allocator"
        >>> preload_note("tcmalloc", {"LD_PRELOAD": "/usr/lib/libjemalloc.so.2"})
        ''
    """
    entries = _preloaded(os.environ if inherited is None else inherited)
    names = [Path(entry).name for entry in entries if "malloc" in Path(entry).name]
    if name != "system" or not names:
        return ""
    return f"{_PRELOAD} has {', '.join(names)}: that is this process's system allocator"


def current_allocator() -> str | None:
    """Whose `malloc` this process uses: one of `ALLOCATORS`, or the name of another library.

    None where it cannot be told: without `/proc/self/maps`.
    """
    try:
        maps = Path("/proc/self/maps").read_text()
        address = ctypes.cast(ctypes.CDLL(None).malloc, ctypes.c_void_p).value
    except (OSError, AttributeError, TypeError):
        return None
    library = mapped_at(address or 0, maps)
    return allocator_of(library) if library else None


def allocator_of(library: str) -> str:
    """The allocator that a library's name stands for; the name itself where it is none of ours.

    Example:
        >>> allocator_of("libtcmalloc_minimal.so.4"), allocator_of("libc.so.6")
        ('tcmalloc', 'system')
        >>> allocator_of("libmimalloc.so.2")
        'libmimalloc.so.2'
    """
    for name in _KNOWN:
        if name in library:
            return name
    return "system" if library.startswith(("libc.", "libc-", "ld-musl")) else library


def how_to_install(name: str) -> str:
    """One line per package manager.

    Example:
        >>> print(how_to_install("jemalloc"))
        apt-get install libjemalloc2
        dnf install jemalloc
        conda install -c conda-forge jemalloc
    """
    _check(name)
    return "\n".join(_KNOWN[name].packages.values()) if name in _KNOWN else ""


def _check(name: str) -> None:
    if name not in ALLOCATORS:
        remedy = f"use one of {', '.join(ALLOCATORS)}"
        raise UsageError("allocator", name, "unknown allocator", remedy)


def _remedy(name: str) -> str:
    """How to get it here: by the package manager that is here, or by any."""
    if not sys.platform.startswith("linux"):
        return "use system: allocators are preloaded on Linux only"
    commands = _KNOWN[name].packages
    if (Path(sys.prefix) / "conda-meta").is_dir():
        return f"install it with: {commands['conda']}"
    for manager, command in commands.items():
        if shutil.which(manager):
            return f"install it with: {command}"
    return f"install it with one of: {' | '.join(commands.values())}"


def _preloaded(variables: Mapping[str, str]) -> list[str]:
    return variables.get(_PRELOAD, "").replace(":", " ").split()
