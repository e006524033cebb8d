"""What the files of a run directory must look like: one from a stranger is data, and may be anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from samprof.errors import RunError

_VARIANT = re.compile(r"(?!\.)[^/\\:\x00-\x1f\x7f]{1,100}")


class _Asked(msgspec.Struct):
    sizes: list[int] = []
    variants: list[str] = []
    allocators: dict[str, str] = {}
    target: dict[str, Any] = {}
    over: str = ""


class _Target(msgspec.Struct):
    module: str = ""
    name: str = ""
    label: str = ""
    device: str = ""
    dtype: str = ""


class _Environment(msgspec.Struct):
    device_name: str = ""
    cpu: str = ""
    packages: dict[str, str] = {}
    peaks: dict[str, Any] | None = None
    predicted: dict[str, Any] | None = None


class _RunFile(msgspec.Struct):
    asked: _Asked
    target: _Target
    environment: _Environment
    began: str = ""
    colors: dict[str, str] = {}
    commands: list[list[str]] = []


_Numbers = list[float | None]
_Words = list[str | None]


class _Layers(msgspec.Struct):
    """The columns of a layer table; those that everything is computed from must be there."""

    path: list[str]
    depth: list[int]
    repeat: list[int]
    step: list[int]
    calls: list[int]
    time_source: list[str]
    device_total_ns: list[int]
    device_self_ns: list[int]
    cpu_total_ns: list[int]
    cpu_self_ns: list[int]
    kernels: _Numbers = []
    device_busy_ns: _Numbers = []
    flops: _Numbers = []
    matrix_flops: _Numbers = []
    bytes: _Numbers = []
    ops_without_formula: _Numbers = []
    device_gap_ns: _Numbers = []
    launch_gap_ns: _Numbers = []
    memory_peak_bytes: _Numbers = []
    type: _Words = []
    role: _Words = []
    phase: _Words = []
    note: _Words = []


class _Components(msgspec.Struct):
    step: list[int]
    component: list[str]
    calls: list[float]
    host_ns: list[float]
    wait_ns: list[float]
    device_ns: list[float]
    kernels: list[float]


class _Paging(msgspec.Struct):
    path: list[str]
    faults: list[float]
    system_ns: list[float]
    wall_ns: list[float]


class _Ops(msgspec.Struct):
    path: list[str]
    op: list[str]
    calls: list[float]
    time_ns: list[float]


_TABLES = {"layers": _Layers, "components": _Components, "paging": _Paging, "ops": _Ops}


def check_run_file(data: Mapping[str, Any], source: object) -> None:
    """Looks whether run.json holds what is read from it.

    Raises:
        RunError: it does not.
    """
    try:
        msgspec.convert(data, _RunFile)
    except msgspec.ValidationError as error:
        remedy = "measure again: the same samprof sweep with --fresh"
        raise RunError("read", source, f"not what a sweep writes ({error})", remedy) from None


def check_table(name: str, columns: Mapping[str, list[Any]]) -> None:
    """Looks whether a table of a sample is one: its columns of one length, and of their types.

    Args:
        name: layers, components, paging or ops.
        columns: column -> values; empty where the sample has no such table.

    Raises:
        msgspec.ValidationError: it is not.
    """
    if len({len(values) for values in columns.values()}) > 1:
        raise msgspec.ValidationError(f"{name}: columns of different lengths")
    if columns:
        msgspec.convert(columns, _TABLES[name])


def is_variant(name: str) -> bool:
    """Whether a variant may have this name: it is a part of file names.

    Example:
        >>> is_variant("bf16+sdpa"), is_variant("../.."), is_variant("a/b")
        (True, False, False)
    """
    return bool(_VARIANT.fullmatch(name))


def inside(root: Path, relative: str) -> Path:
    """A file of a run directory, by its path in it.

    Raises:
        RunError: it lies outside, whatever links lead there, or the path goes through there.
    """
    path = root / PurePosixPath(relative)
    stays = not PurePosixPath(relative).is_absolute() and ".." not in PurePosixPath(relative).parts
    if not (stays and path.resolve().is_relative_to(root.resolve())):
        cause = "a trace that lies outside of the run directory"
        raise RunError("read", root, cause, "give a run directory as samprof sweep wrote it")
    return path
