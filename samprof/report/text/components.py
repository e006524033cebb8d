"""Component tables as text: one mode of a workload, or several side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from samprof.analysis.scaling.measured import measured
from samprof.report.summary import Summary
from samprof.report.text.points import points_text, reasons_text
from samprof.report.text.table import (
    Cells,
    Width,
    count_cells,
    table_text,
    text_cells,
    time_columns,
    wrapped,
)
from samprof.units import Unit, common_unit, digits, time_text

WHOLE = "whole"


def components_text(
    tables: Mapping[str, pd.DataFrame],
    width: Width,
    speedups: Mapping[str, pd.DataFrame] | None = None,
) -> str:
    """The components of each variant; the last row is the sum.

    Args:
        tables: variant -> table, as `samprof.trace.tables.components.component_table` gives it.
        width: columns of the terminal; None for GitHub markdown.
        speedups: variant -> speed-ups over the first, as
            `samprof.analysis.verdict.modes.component_speedups` gives them.
    """
    if len(tables) == 1:
        return _one_text(next(iter(tables.values())), width)
    return _side_by_side_text(tables, width, speedups or {})


def run_components_text(
    summary: Summary,
    tables: Mapping[str, pd.DataFrame],
    size: int | None,
    width: Width,
    speedups: Mapping[str, pd.DataFrame] | None = None,
) -> str:
    """What was measured, its components, and the spread and profiler overhead of the times."""
    points = summary.points
    largest = measured(points[points["variant"].isin(list(tables))])["size"].max()
    points = points[points["size"] == (largest if size is None else size)]
    lines = [wrapped(f"{summary.title}: {summary.axis.text(int(points['size'].iloc[0]))}", width)]
    if len(points) > 1:
        lines.append(points_text(points, width, summary.axis))
    lines.append(reasons_text(points, width, summary.axis))
    lines.append("\n")
    points = points[points["variant"].isin(list(tables))]
    lines.append(components_text(tables, width, speedups) + "\n")
    for row in points.to_dict("records"):
        spread = f" ± {time_text(row['wall_iqr_ns'] / 2)}" if row["wall_iqr_ns"] else ""
        lines.append(
            wrapped(
                f"{row['variant']}: {time_text(row['wall_ns'])}{spread} without the "
                f"profiler; {digits(row['profiler_overhead'])}x that with it",
                width,
            )
        )
    if len(summary.sizes) == 1:
        lines.append(wrapped(str(summary.verdict), width))
    return "".join(lines)


def _one_text(table: pd.DataFrame, width: Width) -> str:
    rows = _with_whole(table)
    unit = common_unit([rows["host_ns"].max(), rows["device_ns"].max()])
    host, device, wait = time_columns([rows["host_ns"], rows["device_ns"], rows["wait_ns"]], unit)
    has_device = bool(table["device_ns"].any())
    columns = [
        Cells("component", text_cells(rows["component"]), 10, "left", flexible=True),
        Cells("calls", _counts(rows["calls"]), 4),
        Cells("host", host, 10),
        Cells("%", [f"{100 * value:.1f}" for value in rows["share"]], 6),
    ]
    if has_device:
        columns += [
            Cells("waits inside", _dashed(wait, rows["wait_ns"]), 5),
            Cells("device", _dashed(device, rows["device_ns"]), 9),
            Cells("kernels", _counts(rows["kernels"]), 3),
        ]
    return _head(unit, has_device) + table_text(columns, width)


def _side_by_side_text(
    tables: Mapping[str, pd.DataFrame], width: Width, speedups: Mapping[str, pd.DataFrame]
) -> str:
    time_source = "device" if any(table["device_ns"].any() for table in tables.values()) else "host"
    names = list(dict.fromkeys(name for table in tables.values() for name in table["component"]))
    names.append(WHOLE)
    found = {
        variant: _with_whole(table)
        .set_index("component")
        .select_dtypes("number")
        .reindex(names, fill_value=0)
        for variant, table in tables.items()
    }
    clocks = ["host", "device"] if time_source == "device" else ["host"]
    series = {
        (variant, name): table[f"{name}_ns"] for variant, table in found.items() for name in clocks
    }
    unit = common_unit(value for column in series.values() for value in column)
    texts = dict(zip(series, time_columns(list(series.values()), unit), strict=True))
    columns = [Cells("component", names, 10, "left", flexible=True)]
    for number, variant in enumerate(found):
        for name in clocks:
            title = f"{variant} {name}" if len(clocks) > 1 else variant
            columns.append(Cells(title, texts[variant, name], 9 - min(number, 4)))
    for variant in [name for name in found if name in speedups]:
        title = "speed-up (95% CI)" if len(found) == 2 else f"speed-up, {variant}"
        columns.append(Cells(title, speedup_cells(speedups[variant], names), 4))
    return _head(unit, time_source == "device") + table_text(columns, width)


def _with_whole(table: pd.DataFrame) -> pd.DataFrame:
    numbers = table.select_dtypes("number").sum()
    whole = pd.DataFrame([{**numbers.to_dict(), "component": WHOLE, "calls": 0}])
    return pd.concat([table, whole], ignore_index=True)


def speedup_cells(speedups: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """The speed-up of each component with its interval; nothing where there is none."""
    rows = speedups.set_index("component").reindex(list(names))
    ends = zip(rows["speedup"], rows["speedup_low"], rows["speedup_high"], strict=True)
    return [f"{one:.2f} ({low:.2f}-{high:.2f})" if low == low else "" for one, low, high in ends]


def _head(unit: Unit, has_device: bool) -> str:
    clocks = "Host and device time" if has_device else "Host time"
    return f"{clocks} by component, in {unit.name}\n"


def _counts(values: pd.Series) -> list[str]:
    return [text if text != "0" else "" for text in count_cells(values)]


def _dashed(texts: list[str], values: pd.Series) -> list[str]:
    return [text if value else "" for text, value in zip(texts, values, strict=True)]
