"""What the batching charts show of each point, as plain numbers, and the lines fitted through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.analysis.device.memory import MemoryLine
from samprof.analysis.scaling.measured import measured
from samprof.analysis.statistics.fit import fit_rows
from samprof.analysis.verdict.wording import interval_text, ratio_text
from samprof.report.page.chart_parts import Rows
from samprof.units import digits, memory_text, time_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from samprof.analysis.scaling.axis import Axis


def point_rows(series: Mapping[str, pd.DataFrame], axis: Axis) -> Rows:
    """What the panels show of each point that ran, as plain numbers: ns, units per second, bytes."""
    rows: Rows = []
    for name, points in series.items():
        for point in measured(points).sort_values("size").to_dict("records"):
            size, rate = int(point["size"]), float(point["units_per_s"])
            latency = axis.amount(size) / rate * 1e9
            spread = float(point["wall_iqr_ns"]) / float(point["wall_ns"]) / 2
            rows.append(
                {
                    "series": name,
                    "size": size,
                    "memory": float(point["peak_memory_bytes"]),
                    "memory_low": float(point["peak_memory_bytes"]),
                    "memory_high": float(point["peak_memory_bytes"]),
                    **{
                        f"{key}{end}": max(value * (1 + sign * spread), 0.0)
                        for key, value in (("latency", latency), ("rate", rate))
                        for end, sign in (("", 0), ("_low", -1), ("_high", 1))
                    },
                    **_speedup(point),
                    "latency_text": time_text(latency)
                    + (f" ± {time_text(latency * spread)}" if spread else ""),
                    **_expected(point, latency, rate),
                    "rate_text": digits(rate),
                    "memory_text": memory_text(float(point["peak_memory_bytes"])),
                }
            )
    return rows


def _expected(point: dict[Any, Any], latency: float, rate: float) -> dict[str, Any]:
    """The interval of a point that was predicted, in place of a spread; nothing of measured ones."""
    low, high = (
        float(point.get(f"wall_{end}_ns", np.nan)) / float(point["wall_ns"])
        for end in ("low", "high")
    )
    if low != low:
        return {}
    ends = {"latency_low": latency * low, "latency_high": latency * high}
    within = f"{time_text(latency * low)} to {time_text(latency * high)}"
    text = f"{time_text(latency)}, predicted within {within}"
    return ends | {"rate_low": rate / high, "rate_high": rate / low, "latency_text": text}


def _speedup(point: Mapping[Any, Any]) -> dict[str, float | str]:
    """The speed-up of a point over the smallest size, as the table has it."""
    found, low, high = (float(point[f"speedup{end}"]) for end in ("", "_low", "_high"))
    known = low == low and low != high
    return {
        "speedup": found,
        "speedup_low": low if known else found,
        "speedup_high": high if known else found,
        "speedup_text": "not judged"
        if found != found
        else ratio_text(found) + (f" ({interval_text(low, high)})" if known else ""),
    }


def line_of_times(rows: Rows, axis: Axis) -> Rows:
    """The fitted line of latency, along the sizes."""
    amounts = np.array([axis.amount(int(row["size"])) for row in rows], np.float64)
    fit = fit_rows(amounts, [np.array([[row["latency"]]], np.float64) for row in rows])
    fixed, each = fit.fixed.estimate.item(), fit.per_unit.estimate.item()
    return [{"size": s, "latency": fixed + each * axis.amount(s)} for s in _between(rows)]


def line_of_memory(rows: Rows, axis: Axis) -> Rows:
    """The fitted line of peak memory, along the sizes."""
    line = MemoryLine.through({axis.amount(int(r["size"])): round(r["memory"]) for r in rows})
    return [{"size": s, "memory": line.at(axis.amount(s))} for s in _between(rows)]


def _between(rows: Rows) -> list[Any]:
    """Sizes from the first to the last, dense enough for a straight line to bend on a log axis."""
    first, last = int(rows[0]["size"]), int(rows[-1]["size"])
    return [float(size) for size in np.geomspace(first, last, 24)]
