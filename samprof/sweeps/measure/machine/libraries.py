"""Shared libraries: which ones are installed, which one loads here, which one holds an address."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path


def installed_libraries(word: str) -> Iterator[Path]:
    """The libraries with this word in their names, those that should be preferred first.

    First those of this Python (conda's environments) and of LD_LIBRARY_PATH, then those in the dynamic
    linker's cache, then those in the usual folders.
    """
    listed = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    yield from _in_folders(
        [Path(sys.prefix) / "lib", *(Path(part) for part in listed if part)], word
    )
    yield from (path for path in _in_cache() if word in path.name)
    yield from _in_folders(_usual_folders(), word)


def choose_library(stem: str, libraries: Iterable[Path]) -> Path | None:
    """The first of the libraries that has this name before ".so" and that this Python could load.

    LD_PRELOAD separates by colons and spaces and has no quotes: a path with one of them is passed over.
    """
    for path in libraries:
        if path.name.split(".so")[0] == stem and not {" ", ":"} & set(str(path)):
            with suppress(OSError):
                if _machine(path) == _machine(Path(sys.executable)):
                    return path
    return None


def cached_libraries(text: str) -> list[Path]:
    r"""The paths in what `ldconfig -p` prints.

    Example:
        >>> cached_libraries("1 libs found\n\tlibz.so.1 (libc6,x86-64) => /lib/libz.so.1")
        [PosixPath('/lib/libz.so.1')]
    """
    return [Path(line.partition(" => ")[2].strip()) for line in text.splitlines() if " => " in line]


def mapped_at(address: int, maps: str) -> str:
    """The name of the file that is mapped at the address, from the text of `/proc/self/maps`.

    Example:
        >>> mapped_at(0x1800, "1000-2000 r-xp 00000000 08:01 42    /usr/lib/libc.so.6")
        'libc.so.6'
    """
    for line in maps.splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6:
            start, end = (int(part, 16) for part in fields[0].split("-"))
            if start <= address < end:
                return Path(fields[5]).name
    return ""


def _usual_folders() -> list[Path]:
    multiarch = sysconfig.get_config_var("MULTIARCH") or f"{os.uname().machine}-linux-gnu"
    names = ("/usr/local/lib", f"/usr/lib/{multiarch}", "/usr/lib64", "/usr/lib", "/lib64", "/lib")
    return [Path(name) for name in names]


def _in_folders(folders: Iterable[Path], word: str) -> Iterator[Path]:
    for folder in folders:
        with suppress(OSError):
            yield from sorted(folder.glob(f"lib*{word}*.so*"))


def _in_cache() -> Iterator[Path]:
    """The libraries in the dynamic linker's cache."""
    program = shutil.which("ldconfig", path=os.environ.get("PATH", "") + ":/sbin:/usr/sbin")
    if program is None:
        return
    with suppress(OSError, subprocess.SubprocessError):
        listed = subprocess.run([program, "-p"], capture_output=True, text=True, timeout=10)
        yield from cached_libraries(listed.stdout)


def _machine(path: Path) -> bytes:
    """Word size and processor of an ELF file."""
    with path.open("rb") as file:
        header = file.read(20)
    return header[4:6] + header[18:20]
