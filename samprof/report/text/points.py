"""The points of a run as text."""

from collections.abc import Callable

import pandas as pd

from samprof.analysis.scaling.axis import BATCH_SIZE, Axis
from samprof.report.text.scaling import interval_texts
from samprof.report.text.table import Cells, Width, count_cells, table_text, text_cells, wrapped
from samprof.units import common_unit, digits, memory_text, time_text

NEAR_LIMIT = 0.1
"""From this part of the relative error that is allowed on, a variant's results are worth a look."""


def points_text(points: pd.DataFrame, width: Width, axis: Axis = BATCH_SIZE) -> str:
    """The points of a run: throughput, times with their spread, memory, profiler overhead.

    What is to be said of them is in `reasons_text`, where it is not cut.
    """
    return table_text(points_columns(points, axis)[:-1], width)


def points_columns(points: pd.DataFrame, axis: Axis) -> list[Cells]:
    """The columns of the table of points."""
    unit = common_unit(points["wall_ns"].dropna())
    wall, spread = points["wall_ns"] / unit.size, points["wall_iqr_ns"] / unit.size
    memory = points["peak_memory_bytes"]
    only_one = len(set(points["variant"])) == 1
    variant = Cells("variant", text_cells(points["variant"]), 2 if only_one else 9, "left")
    return [
        Cells(_size_head(axis), count_cells(points["size"]), 10),
        *([] if only_one else [variant]),
        Cells("status", text_cells(points["status"]), 9, "left"),
        _relative_error(points),
        Cells(
            f"wall time, {unit.name}", [_spread(a, b) for a, b in zip(wall, spread, strict=True)], 8
        ),
        Cells(f"90% within, {unit.name}", _within(points, unit.size), 8),
        Cells(f"{axis.unit}s/s", [digits(value) for value in points["units_per_s"]], 9),
        *_speedup_cells(points),
        Cells("peak memory", _where_known(memory, memory_text), 7),
        Cells(f"energy, J/{axis.unit}", _where_known(points["energy_per_unit_j"], digits), 5),
        Cells("power, W", _where_known(points["power_w"], digits), 5),
        Cells("throttled", text_cells(points["throttled"]), 6, "left"),
        Cells("profiler overhead", _where_known(points["profiler_overhead"], digits), 6),
        *([variant] if only_one else []),
        Cells("set-up", _times(points["setup_ns"]), 4),
        Cells("message", text_cells(points["message"]), 3, "left", flexible=True),
    ]


def reasons_text(points: pd.DataFrame, width: Width, axis: Axis = BATCH_SIZE) -> str:
    """What is to be said of points, whole: why they have no result, and which errors are large.

    Empty where nothing is to be said.
    """
    lines: dict[tuple[str, str], list[int]] = {}
    for row in points.to_dict("records"):
        status = "" if row["status"] in ("ok", "noisy") else f"{row['status']}: "
        if row["message"]:
            said = (str(row["variant"]), f"{status}{row['message']}")
            lines.setdefault(said, []).append(int(row["size"]))
        error, limit = row["relative_error"], row["error_limit"]
        if not status and limit and error > limit * NEAR_LIMIT:
            off = f"relative error {error:.2g}, of {limit:.2g} that are allowed"
            lines.setdefault((str(row["variant"]), off), []).append(int(row["size"]))
    blank = (
        "\n" if width is None and lines else ""
    )  # else it would be a row of the table in Markdown
    return blank + "".join(
        wrapped(f"{variant}, {_sizes_text(sizes, axis)}: {said}", width)
        for (variant, said), sizes in lines.items()
    )


def _sizes_text(sizes: list[int], axis: Axis) -> str:
    return (
        axis.text(sizes[0]) if len(sizes) == 1 else axis.pattern.format(", ".join(map(str, sizes)))
    )


def _relative_error(points: pd.DataFrame) -> Cells:
    """The relative error of the results of variants, beside what is allowed."""
    pairs = [
        (error, limit) if error is not None and error == error and limit else None
        for error, limit in zip(points["relative_error"], points["error_limit"], strict=True)
    ]
    texts = [f"{pair[0]:.1e} of {pair[1]:.0e}" if pair else "" for pair in pairs]
    tones = [_tone(*pair) if pair else "" for pair in pairs]
    return Cells("relative error", texts, 9, tones=tones)


def _tone(error: float, limit: float) -> str:
    return "bad" if error > limit else "near" if error > limit * NEAR_LIMIT else "good"


def _speedup_cells(points: pd.DataFrame) -> list[Cells]:
    """The speed-up over the smallest size of each variant, where there is a larger one."""
    if not (points["speedup"].notna() & (points["speedup_low"] != 1.0)).any():
        return []
    return [
        Cells("speed-up", [f"{one:.2f}" if one == one else "-" for one in points["speedup"]], 8),
        Cells("95% CI", _intervals(points), 8),
    ]


def _intervals(points: pd.DataFrame) -> list[str]:
    """Of each speed-up its interval; the smallest size is what the others are compared with."""
    itself = (points["speedup_low"] == 1.0) & (points["speedup_high"] == 1.0)
    low, high = (points[f"speedup_{end}"].mask(itself) for end in ("low", "high"))
    return interval_texts(low, high)


def _size_head(axis: Axis) -> str:
    return "batch" if axis == BATCH_SIZE else axis.label


def _spread(value: float, spread: float) -> str:
    """A time with its spread; of a single forward there is none."""
    if value != value:
        return "-"
    return f"{digits(value)} ± {digits(spread / 2, 2)}" if spread else digits(value)


def _within(points: pd.DataFrame, unit: float) -> list[str]:
    """The interval of times that were predicted; nothing at all, and so no column, where none was."""
    if "wall_low_ns" not in points or points["wall_low_ns"].isna().all():
        return [""] * len(points)
    ends = zip(points["wall_low_ns"] / unit, points["wall_high_ns"] / unit, strict=True)
    return [f"{digits(low)}-{digits(high)}" if low == low else "-" for low, high in ends]


def _where_known(values: pd.Series, text: Callable[[float], str]) -> list[str]:
    """The values as text; nothing at all, and so no column, where none is known."""
    return [""] * len(values) if values.isna().all() else [text(value) for value in values]


def _times(values: pd.Series) -> list[str]:
    return [time_text(value) if value == value and value is not None else "" for value in values]
