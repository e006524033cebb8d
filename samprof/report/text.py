"""Tables as text: fitted to a width by leaving out what matters least, one unit a table."""

import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from samprof.analysis.scaling import batch_sizes_of
from samprof.report.summary import Summary
from samprof.units import Unit, common_unit, digits, fixed_digits, memory_text, time_text

_GAP = 2
_NARROWEST_LABEL = 16
_CLOCKS = {"device": "Device time", "cpu": "CPU time"}


@dataclass(frozen=True, slots=True)
class Cells:
    """One column of a text table.

    Attributes:
        header: its title.
        values: its cells.
        importance: columns of little importance go first when the width is too small.
        justify: left for words, right for numbers.
        flexible: may be cut with an ellipsis.
    """

    header: str
    values: Sequence[str]
    importance: int = 9
    justify: Literal["left", "right"] = "right"
    flexible: bool = False

    @property
    def width(self) -> int:
        """Columns of the terminal that it takes."""
        return max((cell_len(text) for text in (self.header, *self.values)), default=0)


def table_text(columns: Sequence[Cells], width: int) -> str:
    """The table as text, no wider than `width`; the least important columns give way."""
    shown = [column for column in columns if any(column.values)]
    while len(shown) > 1 and _least_width(shown) > width:
        shown.remove(min(reversed(shown), key=lambda column: column.importance))
    spare = width - _least_width([column for column in shown if not column.flexible])
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="")
    for column in shown:
        table.add_column(
            Text(column.header),
            justify=column.justify,
            no_wrap=True,
            overflow="ellipsis",
            width=min(column.width, spare - _GAP) if column.flexible else column.width,
        )
    for row in zip(*(column.values for column in shown), strict=True):
        table.add_row(*(Text(_printable(text)) for text in row))
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, legacy_windows=False).print(table)
    lines = (line.rstrip() for line in out.getvalue().splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def scaling_text(scaling: pd.DataFrame, width: int, *, depth: int | None = None) -> str:
    """The scaling table: time of an image in each layer at each batch size, and how it grows."""
    rows = _shown(scaling, depth)
    sizes = batch_sizes_of(scaling)
    times = [rows[f"image_ns_{size}"] for size in sizes]
    unit = common_unit(value for column in times for value in column)
    texts = _columns_of(times, unit)
    columns = [
        Cells("layer", tree_labels(rows), 10, "left", flexible=True),
        *(
            Cells(f"b={size}", column, 10 if size in (sizes[0], sizes[-1]) else 6)
            for size, column in zip(sizes, texts, strict=True)
        ),
        Cells("gain", [f"{value:.2f}" if value == value else "-" for value in rows["gain"]], 8),
        Cells("class", _text(rows["class"]), 7, "left"),
        Cells("exponent (95 %)", _intervals(rows), 5),
        Cells("role", _text(rows["role"]), 4, "left"),
        Cells("fixed", _times(rows["fixed_ns"], unit), 3),
        Cells("an image", _times(rows["per_image_ns"], unit), 2),
        Cells("note", _text(rows["note"]), 1, "left"),
    ]
    clock = _CLOCKS["device" if "device" in set(rows["clock"]) else "cpu"]
    growth = f"; gain from b={sizes[0]} to {sizes[-1]}" if len(sizes) > 1 else ""
    head = f"{clock} of an image by batch size, in {unit.name}{growth}"
    return wrapped(head, width) + table_text(columns, width)


def layers_text(layers: pd.DataFrame, width: int, *, clock: str, depth: int | None = None) -> str:
    """The layer table of a trace on one clock."""
    rows = _shown(layers, depth)
    total, own = rows[f"{clock}_total_ns"], rows[f"{clock}_self_ns"]
    everything = max(int(layers[f"{clock}_self_ns"].sum()), 1)
    unit = common_unit(total)
    total_text, own_text = _columns_of([total, own], unit)
    columns = [
        Cells("layer", tree_labels(rows), 10, "left", flexible=True),
        Cells("calls", _counts(rows["calls"]), 6),
        Cells("total", total_text, 10),
        Cells("self", own_text, 8),
        Cells("self %", [f"{value / everything:.1%}".removesuffix("%") for value in own], 7),
    ]
    if clock == "device":
        columns += [
            Cells("busy", _times(rows["device_busy_ns"], unit), 4),
            Cells("kernels", _counts(rows["kernels"]), 5),
            Cells("phase", _text(rows["phase"]), 3, "left"),
        ]
    if "role" in rows:
        columns.append(Cells("role", _text(rows["role"]), 4, "left"))
    if "memory_peak_bytes" in rows:
        columns.append(
            Cells("memory peak", [memory_text(value) for value in rows["memory_peak_bytes"]], 2)
        )
    columns.append(Cells("note", _text(rows["note"]), 1, "left"))
    return f"{_CLOCKS[clock]} in {unit.name}\n" + table_text(columns, width)


def kernels_text(kernels: pd.DataFrame, width: int) -> str:
    """Kernels by name, the costliest first."""
    unit = common_unit(kernels["total_ns"])
    mean = common_unit(kernels["mean_ns"])
    columns = [
        Cells("kernel", _text(kernels["name"]), 10, "left", flexible=True),
        Cells("kind", _text(kernels["kind"]), 4, "left"),
        Cells("calls", _counts(kernels["calls"]), 8),
        Cells(f"total, {unit.name}", _times(kernels["total_ns"], unit), 10),
        Cells("%", [f"{100 * value:.1f}" for value in kernels["share"]], 7),
        Cells(f"mean, {mean.name}", _times(kernels["mean_ns"], mean), 6),
    ]
    return table_text(columns, width)


def points_text(points: pd.DataFrame, width: int) -> str:
    """The points of a run: throughput, times with their spread, memory, distortion."""
    unit = common_unit(points["wall_ns"].dropna())
    wall, spread = points["wall_ns"] / unit.size, points["wall_iqr_ns"] / unit.size
    memory = points["peak_memory_bytes"]
    columns = [
        Cells("batch", _counts(points["batch_size"]), 10),
        Cells("status", _text(points["status"]), 9, "left"),
        Cells(f"wall, {unit.name}", [_spread(a, b) for a, b in zip(wall, spread, strict=True)], 8),
        Cells("images/s", [digits(value) for value in points["images_per_s"]], 9),
        Cells("peak memory", [memory_text(value) for value in memory], 7),
        Cells("distortion", [digits(value) for value in points["distortion"]], 6),
        Cells("variant", _text(points["variant"]), 2, "left"),
        Cells("message", _text(points["message"]), 3, "left", flexible=True),
    ]
    return table_text(columns, width)


def check_text(check: Mapping[str, Any]) -> str:
    """The conservation line: what the rows own, what lies outside, and the whole."""
    parts = [
        f"attributed {time_text(check['attributed_ns'])}",
        f"outside {time_text(check['outside_ns'])}",
        f"no launch {time_text(check['no_launch_ns'])}",
        f"total {time_text(check['total_ns'])}",
    ]
    found = check["attributed_ns"] + check["outside_ns"] + check["no_launch_ns"]
    exact = "exact" if found == check["total_ns"] else f"OFF BY {found - check['total_ns']} ns"
    clock = _CLOCKS[check["clock"]]
    line = f"{clock}: {' + '.join(parts[:3])} = {parts[3]} ({exact})"
    lost = check["lost_records"]
    return line + (f"; {lost} launches lost their kernel" if lost else "") + "\n"


def run_text(summary: Summary, width: int, *, depth: int | None = None) -> str:
    """The whole answer of a run: points, scaling table, books, verdict."""
    largest = max(summary.checks)
    sections = [
        f"{summary.title}\n",
        points_text(summary.points, width),
        scaling_text(summary.scaling, width, depth=depth),
        wrapped(f"Books at batch {largest}: {check_text(summary.checks[largest])}", width),
        wrapped(str(summary.verdict), width),
    ]
    return "\n".join(sections)


def wrapped(text: str, width: int) -> str:
    """Sentences broken into lines."""
    return textwrap.fill(text, width) + "\n"


def tree_labels(rows: pd.DataFrame) -> list[str]:
    """Paths as an indented tree: each without the part that the row above it in the tree has."""
    labels: list[str] = []
    above: list[str] = []
    for path, depth in zip(rows["path"], rows["depth"], strict=True):
        del above[int(depth) :]
        shown = str(path)
        for outer in reversed(above):
            for separator in (".", " > "):
                if shown.startswith(outer + separator):
                    shown = shown[len(outer) + len(separator) :]
                    break
            else:
                continue
            break
        labels.append("  " * len(above) + shown)
        above.append(str(path))
    return labels


def _least_width(columns: Sequence[Cells]) -> int:
    fixed = sum(
        min(column.width, _NARROWEST_LABEL) if column.flexible else column.width
        for column in columns
    )
    return fixed + _GAP * len(columns)


def _shown(rows: pd.DataFrame, depth: int | None) -> pd.DataFrame:
    return rows if depth is None else rows[rows["depth"] <= depth]


def _times(values: pd.Series, unit: Unit) -> list[str]:
    return fixed_digits(values.tolist(), unit)


def _columns_of(columns: Sequence[pd.Series], unit: Unit) -> list[list[str]]:
    """Columns that share their decimals."""
    texts = iter(fixed_digits([value for column in columns for value in column], unit))
    return [[next(texts) for _ in column] for column in columns]


def _intervals(rows: pd.DataFrame) -> list[str]:
    middle, low, high = rows["exponent"], rows["exponent_low"], rows["exponent_high"]
    return [
        f"{p:.2f} ({a:.2f} to {b:.2f})" if p == p and a == a else (f"{p:.2f}" if p == p else "-")
        for p, a, b in zip(middle, low, high, strict=True)
    ]


def _spread(value: float, spread: float) -> str:
    return f"{digits(value)} ± {digits(spread / 2, 2)}" if value == value else "-"


def _counts(values: pd.Series) -> list[str]:
    return [f"{int(value)}" if value == value else "-" for value in values]


def _text(values: pd.Series) -> list[str]:
    return ["" if value is None or value != value else str(value) for value in values]


def _printable(text: str) -> str:
    """Names are data: what would move the cursor is shown instead."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
