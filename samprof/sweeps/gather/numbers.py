"""Numbers that come from anywhere, typed into a small CSV file, become a run: fit, classes, verdict.

One row per forward: `size`, and times in columns of any name, `total` for that of the whole. A column
says its unit at its end (`total_ms`, `_s`, `_us`, `_ns`), milliseconds where it says none. Several rows
of a size count as processes, and give intervals.
"""

from __future__ import annotations

import csv
import math
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samprof.analysis.scaling.variant import EAGER
from samprof.errors import UsageError
from samprof.sweeps.about import About
from samprof.sweeps.plan import Plan, checked_size
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.directory import RunDirectory
from samprof.sweeps.run.stored.made_anew import made_anew
from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.stored.sample import Sample

GIVEN = "given"
"""The time source of numbers of which nobody knows how they were taken."""
SUFFIX = ".csv"
_SIZE, _TOTAL = "size", "total"
_UNITS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
_REMEDY = "write a line such as size,total_ms and below it 1,75.0"
_MOST_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class _Row:
    """A forward: its size, the time of the whole, and those of layers; nanoseconds."""

    size: int
    total: int
    layers: Mapping[str, int]


def numbers_run(path: Path, out: Path | None = None) -> Run:
    """The run that the numbers in a file make.

    Args:
        path: the CSV file.
        out: the run directory, empty or new; by default one below the temporary directory.

    Raises:
        UsageError: the file cannot be read or holds something else, or it has one size only.
        RunError: `out` holds something else, or cannot be written.
    """
    rows = _rows(path)
    sizes = tuple(sorted({row.size for row in rows}))
    if len(sizes) < 2:
        cause = f"one size only ({sizes[0]}): nothing to compare"
        raise UsageError("scaling", path, cause, "give times of two sizes or more")
    plan = Plan(target={"numbers": path.name}, sizes=sizes)
    where = {"samprof": "", "packages": {}, "cpu": "", "device_name": "device not told"}
    about = About({"module": "", "name": path.stem, "label": "", "device": "", "dtype": ""}, where)
    directory = RunDirectory(out or Path(tempfile.mkdtemp(prefix="samprof-run-")))
    with made_anew(directory, plan, "scaling"):
        directory.begin(plan, about, fresh=True)
        for size in sizes:
            samples = [
                _sample(row, number, path)
                for number, row in enumerate(row for row in rows if row.size == size)
            ]
            directory.write_point(Point(size, EAGER, tuple(samples)))
        run = Run(directory.root)
        run.write_tables()
    return run


def _rows(path: Path) -> list[_Row]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError("scaling", path, "more than a small table of numbers", _REMEDY)
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or "not text"
        raise UsageError("scaling", path, cause, "give a CSV file") from None
    lines = [line for line in csv.reader(text.splitlines()) if any(cell.strip() for cell in line)]
    if len(lines) < 2:
        raise UsageError("scaling", path, "no numbers in it", _REMEDY)
    head = [cell.strip() for cell in lines[0]]
    columns = _columns(path, head)
    return [
        _row(path, number, dict(zip(head, line, strict=False)), columns)
        for number, line in enumerate(lines[1:], 2)
    ]


def _columns(path: Path, head: Sequence[str]) -> dict[str, tuple[str, float]]:
    """Column of times -> what it is of, and its unit in ns."""
    if _SIZE not in head:
        raise UsageError("scaling", path, f"no column {_SIZE!r}", _REMEDY)
    twice = [name for name, count in Counter(head).items() if count > 1]
    if twice:
        raise UsageError("scaling", path, f"two columns {twice[0]!r}", "leave one out")
    found = {}
    for name in head:
        layer, _, unit = name.rpartition("_")
        if name and name != _SIZE:
            known = bool(layer) and unit in _UNITS
            found[name] = (layer, _UNITS[unit]) if known else (name, _UNITS["ms"])
    if not found:
        raise UsageError("scaling", path, "no column of times", _REMEDY)
    return found


def _row(
    path: Path, number: int, cells: Mapping[str, str], columns: Mapping[str, tuple[str, float]]
) -> _Row:
    times: dict[str, int] = {}
    for name, (layer, unit) in columns.items():
        text = (cells.get(name) or "").strip()
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value * unit < 2**62:
            cause = f"line {number}: {name} is {text!r}, not a time"
            raise UsageError("scaling", path, cause, "give numbers, such as 75.0")
        times[layer] = round(value * unit)
    whole = times.pop(_TOTAL, None)
    inside = sum(times.values())
    total = inside if whole is None else whole
    if not total:
        raise UsageError("scaling", path, f"line {number}: no time at all", "leave the line out")
    if inside > total:
        cause = f"line {number}: its layers take longer than the whole"
        raise UsageError("scaling", path, cause, "give times of layers that are not in each other")
    return _Row(checked_size(cells[_SIZE], "scaling"), total, times)


def _sample(row: _Row, number: int, path: Path) -> Sample:
    inside = sum(row.layers.values())
    paths = [_TOTAL, *row.layers]
    totals, own = [row.total, *row.layers.values()], [row.total - inside, *row.layers.values()]
    count, nothing = len(paths), [0] * len(paths)
    layers: dict[str, list[Any]] = {
        "path": paths,
        "depth": [0, *[1] * len(row.layers)],
        "repeat": nothing,
        "step": nothing,
        "calls": [1] * count,
        "time_source": [GIVEN] * count,
        "device_total_ns": nothing,
        "device_self_ns": nothing,
        "cpu_total_ns": totals,
        "cpu_self_ns": own,
        "type": [""] * count,
        "role": ["", *row.layers],
        "note": [""] * count,
    }
    check = {
        "attributed_ns": inside or row.total,
        "outside_ns": row.total - inside if inside else 0,
        "no_launch_ns": 0,
        "total_ns": row.total,
        "lost_records": 0,
        "time_source": GIVEN,
        "notes": [],
        "ok": True,
    }
    return Sample(
        row.size,
        EAGER,
        "ok",
        round=number,
        units=float(row.size),
        wall_ns=[row.total],
        recorded_wall_ns=[row.total],
        time_source=GIVEN,
        time_ns=[row.total],
        check=check,
        layers=layers,
        notes=[f"numbers of {path.name}"],
    )
