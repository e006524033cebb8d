"""The tables of a trace and of a run as text."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from samprof.analysis.axis import AXES, BATCH_SIZE, Axis
from samprof.analysis.scaling import batch_sizes_of
from samprof.report.summary import Summary
from samprof.report.table import (
    CLOCKS,
    Cells,
    Width,
    count_cells,
    layer_cells,
    shown_rows,
    table_text,
    text_cells,
    time_cells,
    time_columns,
    wrapped,
)
from samprof.units import Unit, common_unit, digits, memory_text, rate_text, time_text


def scaling_text(
    scaling: pd.DataFrame,
    width: Width,
    *,
    depth: int | None = None,
    axis: Axis = AXES[BATCH_SIZE],
) -> str:
    """The scaling table: time of an image in each layer at each batch size, and how it grows."""
    rows = shown_rows(scaling, depth)
    columns = [layer_cells(rows, width), *scaling_columns(rows, axis)]
    return wrapped(scaling_head(rows, axis), width) + table_text(columns, width)


def scaling_head(rows: pd.DataFrame, axis: Axis) -> str:
    """What the numbers of the scaling table are."""
    sizes = batch_sizes_of(rows)
    clock = CLOCKS["device" if "device" in set(rows["clock"]) else "cpu"]
    first = axis.symbol.format(sizes[0])
    growth = f"; gain from {first} to {sizes[-1]}" if len(sizes) > 1 else ""
    return f"{clock} of {axis.an_unit} by {axis.label}, in {_unit(rows, sizes).name}{growth}"


def scaling_columns(rows: pd.DataFrame, axis: Axis) -> list[Cells]:
    """The columns of the scaling table, but the layer's."""
    sizes = batch_sizes_of(rows)
    times = [rows[f"image_ns_{size}"] for size in sizes]
    unit = _unit(rows, sizes)
    texts = time_columns(times, unit)
    return [
        *(
            Cells(axis.symbol.format(size), column, 10 if size in (sizes[0], sizes[-1]) else 6)
            for size, column in zip(sizes, texts, strict=True)
        ),
        Cells("gain", [f"{value:.2f}" if value == value else "-" for value in rows["gain"]], 8),
        Cells("class", text_cells(rows["class"]), 7, "left"),
        Cells("exponent (95 %)", _intervals(rows), 5),
        Cells("role", text_cells(rows["role"]), 4, "left"),
        Cells("fixed", time_cells(rows["fixed_ns"], unit), 3),
        Cells(axis.an_unit, time_cells(rows["per_image_ns"], unit), 2),
        Cells("note", text_cells(rows["note"]), 1, "left"),
    ]


def _unit(rows: pd.DataFrame, sizes: Sequence[int]) -> Unit:
    return common_unit(value for size in sizes for value in rows[f"image_ns_{size}"])


def layers_text(layers: pd.DataFrame, width: Width, *, clock: str, depth: int | None = None) -> str:
    """The layer table of a trace on one clock."""
    rows = shown_rows(layers, depth)
    total, own = rows[f"{clock}_total_ns"], rows[f"{clock}_self_ns"]
    everything = max(int(layers[f"{clock}_self_ns"].sum()), 1)
    unit = common_unit(total)
    total_text, own_text = time_columns([total, own], unit)
    columns = [
        layer_cells(rows, width),
        Cells("calls", count_cells(rows["calls"]), 6),
        Cells("total", total_text, 10),
        Cells("self", own_text, 8),
        Cells("self %", [f"{value / everything:.1%}".removesuffix("%") for value in own], 7),
    ]
    if clock == "device":
        columns += [
            Cells("busy", time_cells(rows["device_busy_ns"], unit), 4),
            Cells("kernels", count_cells(rows["kernels"]), 5),
            Cells("phase", text_cells(rows["phase"]), 3, "left"),
        ]
    if "role" in rows:
        columns.append(Cells("role", text_cells(rows["role"]), 4, "left"))
    if "memory_peak_bytes" in rows:
        columns.append(
            Cells("memory peak", [memory_text(value) for value in rows["memory_peak_bytes"]], 2)
        )
    columns.append(Cells("note", text_cells(rows["note"]), 1, "left"))
    return f"{CLOCKS[clock]} in {unit.name}\n" + table_text(columns, width)


def kernels_text(kernels: pd.DataFrame, width: Width) -> str:
    """Kernels by name, the costliest first."""
    unit = common_unit(kernels["total_ns"])
    mean = common_unit(kernels["mean_ns"])
    columns = [
        Cells("kernel", text_cells(kernels["name"]), 10, "left", flexible=True),
        Cells("kind", text_cells(kernels["kind"]), 4, "left"),
        Cells("calls", count_cells(kernels["calls"]), 8),
        Cells(f"total, {unit.name}", time_cells(kernels["total_ns"], unit), 10),
        Cells("%", [f"{100 * value:.1f}" for value in kernels["share"]], 7),
        Cells(f"mean, {mean.name}", time_cells(kernels["mean_ns"], mean), 6),
    ]
    return table_text(columns, width)


def points_text(points: pd.DataFrame, width: Width, axis: Axis = AXES[BATCH_SIZE]) -> str:
    """The points of a run: throughput, times with their spread, memory, distortion."""
    return table_text(points_columns(points, axis), width)


def points_columns(points: pd.DataFrame, axis: Axis) -> list[Cells]:
    """The columns of the table of points."""
    unit = common_unit(points["wall_ns"].dropna())
    wall, spread = points["wall_ns"] / unit.size, points["wall_iqr_ns"] / unit.size
    memory = points["peak_memory_bytes"]
    only_one = len(set(points["variant"])) == 1
    return [
        Cells(_size_head(axis), count_cells(points["batch_size"]), 10),
        Cells("status", text_cells(points["status"]), 9, "left"),
        Cells(f"wall, {unit.name}", [_spread(a, b) for a, b in zip(wall, spread, strict=True)], 8),
        Cells(f"{axis.unit}s/s", [digits(value) for value in points["images_per_s"]], 9),
        Cells("peak memory", [memory_text(value) for value in memory], 7),
        Cells("distortion", [digits(value) for value in points["distortion"]], 6),
        Cells("variant", text_cells(points["variant"]), 2 if only_one else 9, "left"),
        Cells("preparing", _times(points["prepare_ns"]), 4),
        Cells(
            "off by",
            [f"{value:.1e}" if value else "" for value in points["deviation"].fillna(0)],
            4,
        ),
        Cells("message", text_cells(points["message"]), 3, "left", flexible=True),
    ]


def _size_head(axis: Axis) -> str:
    return "batch" if axis.name == BATCH_SIZE else axis.label


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
    clock = CLOCKS[check["clock"]]
    line = f"{clock}: {' + '.join(parts[:3])} = {parts[3]} ({exact})"
    lost = check["lost_records"]
    return line + (f"; {lost} launches lost their kernel" if lost else "") + "\n"


def run_text(summary: Summary, width: Width, *, depth: int | None = None) -> str:
    """The whole answer of a run: points, scaling table, books, verdict."""
    largest = max(summary.checks)
    sections = [
        f"{summary.title}\n",
        points_text(summary.points, width, summary.axis),
        scaling_text(summary.scaling, width, depth=depth, axis=summary.axis),
        _utilisation(summary, width),
        wrapped(
            f"Books at {summary.axis.text(largest)}: {check_text(summary.checks[largest])}", width
        ),
        wrapped(str(summary.verdict), width),
    ]
    return "\n".join(section for section in sections if section)


def _utilisation(summary: Summary, width: Width) -> str:
    """What part of the device's peak the whole model reaches; empty where it is not known."""
    if summary.roof is None or summary.roofline.empty:
        return ""
    whole = summary.roofline[summary.roofline["path"] == summary.scaling["path"].iloc[0]]
    parts = [
        f"{share:.1%} at {summary.axis.text(int(size))}"
        for size, share in zip(whole["batch_size"], whole["flops_share"], strict=True)
    ]
    peak = rate_text(summary.roof.flops_per_s)
    return wrapped(f"Model FLOP utilisation, of {peak} measured: {', '.join(parts)}", width)


def _intervals(rows: pd.DataFrame) -> list[str]:
    middle, low, high = rows["exponent"], rows["exponent_low"], rows["exponent_high"]
    return [
        f"{p:.2f} ({a:.2f} to {b:.2f})" if p == p and a == a else (f"{p:.2f}" if p == p else "-")
        for p, a, b in zip(middle, low, high, strict=True)
    ]


def _spread(value: float, spread: float) -> str:
    return f"{digits(value)} ± {digits(spread / 2, 2)}" if value == value else "-"


def _times(values: pd.Series) -> list[str]:
    return [time_text(value) if value == value and value is not None else "" for value in values]
