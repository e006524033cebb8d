"""The table of points: one row per size and variant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.analysis.scaling.measured import NOISY, PREDICTED
from samprof.analysis.statistics.expected_error import with_expected
from samprof.analysis.verdict.whole import whole_speedups
from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.run.tables.gpu_seen import throttled_text
from samprof.sweeps.run.tables.predicted import Predicted
from samprof.sweeps.run.tables.selection import Selection
from samprof.sweeps.run.tables.wall import wall_of

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.scaling.axis import Axis

_COLUMNS = [
    "size",
    "axis",
    "unit",
    "variant",
    "status",
    "wall_ns",
    "wall_iqr_ns",
    "wall_low_ns",
    "wall_high_ns",
    "units_per_s",
    "speedup",
    "speedup_low",
    "speedup_high",
    "time_ns",
    "time_iqr_ns",
    "time_source",
    "profiler_overhead",
    "peak_memory_bytes",
    "energy_per_unit_j",
    "power_w",
    "energy_source",
    "throttled",
    "machine_state",
    "faults_per_unit",
    "system_share",
    "processes",
    "dropped",
    "kernels",
    "warmup_ns",
    "setup_ns",
    "relative_error",
    "error_limit",
    "allocator",
    "message",
]


def points_table(
    points: Sequence[Point],
    axis: Axis,
    selected: Callable[[str], Selection],
    predicted: Predicted | None = None,
) -> pd.DataFrame:
    """One row per point.

    Args:
        points: of the run.
        axis: what the sizes count.
        selected: which samples of a variant count.
        predicted: how the run was predicted; None where it was measured.

    Returns:
        Columns size, axis, unit (what sizes and throughput count), variant, status (ok, oom,
        failed; noisy: only contaminated samples; interrupted: to be measured again; predicted),
        wall_ns (median over the processes of a forward without the profiler), wall_iqr_ns,
        wall_low_ns and wall_high_ns (of what was predicted), units_per_s,
        speedup (of the throughput over that of the variant's smallest size, paired within rounds)
        with its 95 % interval speedup_low, speedup_high (NaN where fewer than two processes tell,
        or nothing is clean), time_ns (median of the recorded root module), time_iqr_ns, time_source
        (device or cpu), profiler_overhead (recorded wall time over wall time in the same state of
        the machine; NaN where nothing was timed in that), peak_memory_bytes,
        energy_per_unit_j and power_w (of the device, from its counter; NaN where it has none),
        energy_source, throttled (what held a GPU back), machine_state, faults_per_unit (page
        faults), system_share (of the CPU time), processes (that count), dropped (that do not),
        kernels (of a forward; missing where forwards differ), warmup_ns, setup_ns and
        relative_error (of a variant's results), error_limit (the largest that counts as the same
        result), allocator, message.
    """
    import pandas as pd

    speedups = {
        variant: _speedups(
            [one for one in points if one.variant == variant], selected(variant), axis, predicted
        )
        for variant in dict.fromkeys(point.variant for point in points)
    }
    rows, first = [], 0
    for point in points:
        chosen = selected(point.variant)
        numbers = range(first, first + len(point.samples))
        row = _row(point, numbers, chosen, axis)
        if predicted is not None:
            row |= _as_predicted(row, predicted)
        if "wall_ns" in row:
            row |= speedups[point.variant].get(point.size, {})
        rows.append(row)
        first = numbers.stop
    return pd.DataFrame(rows, columns=_COLUMNS)


def _speedups(
    points: Sequence[Point], selection: Selection, axis: Axis, predicted: Predicted | None
) -> dict[int, dict[str, float]]:
    """Size -> its speed-up over the smallest with its interval; nothing without a clean answer."""
    wall = wall_of(points, selection, axis)
    if wall.empty or selection.undecided:
        return {}
    error = predicted.error if predicted is not None else None
    table = with_expected(whole_speedups(wall, axis), error).set_index("size")
    names = ["speedup", "speedup_low", "speedup_high"]
    return {int(str(size)): dict(row[names]) for size, row in table.iterrows()}


def _row(point: Point, numbers: range, chosen: Selection, axis: Axis) -> dict[str, Any]:
    numbered = list(zip(numbers, point.samples, strict=True))
    timed = [sample for number, sample in numbered if number in chosen.timed]
    recorded = [sample for number, sample in numbered if number in chosen.recorded]
    shown = chosen.table[chosen.table["process"].isin(numbers)]
    used, traced = (shown[shown["process"].isin(one)] for one in (chosen.timed, chosen.recorded))
    notes = dict.fromkeys(note for sample in point.samples for note in sample.notes)
    row: dict[str, Any] = {
        "size": point.size,
        "axis": axis.name,
        "unit": axis.unit,
        "variant": point.variant,
        "status": point.status,
        "time_source": next((one.time_source for one in recorded), ""),
        "machine_state": chosen.state,
        "processes": len(timed),
        "dropped": int((~shown["clean"]).sum()),
        "energy_source": next((one.energy_source for one in timed if one.energy_source), ""),
        "throttled": throttled_text(timed),
        "relative_error": _most(point.samples, "relative_error"),
        "error_limit": _most(point.samples, "error_limit"),
        "allocator": next((one.allocator for one in point.samples), ""),
        "message": "; ".join(text for text in (point.message, *notes) if text),
    }
    if point.status != "ok" or not timed:
        return row
    if chosen.undecided:
        row["status"] = NOISY
    wall, wall_range = _spread(used["wall_ns"], timed[0].wall_ns)
    units = point.units or axis.amount(point.size)
    row |= {
        "wall_ns": wall,
        "wall_iqr_ns": wall_range,
        "units_per_s": units / wall * 1e9,
        "faults_per_unit": used["faults_per_unit"].median(),
        "system_share": used["system_share"].median(),
        "energy_per_unit_j": used["energy_per_unit_j"].median(),
        "power_w": used["power_w"].median(),
        "peak_memory_bytes": max(one.peak_memory_bytes for one in point.samples) or np.nan,
        "warmup_ns": sum(timed[0].warmup_ns),
        "setup_ns": _most(timed, "setup_ns"),
    }
    if recorded:
        time, time_range = _spread(traced["time_ns"], recorded[0].time_ns)
        beside = wall if chosen.is_of_one_state else _wall_beside_layers(shown, chosen)
        counts = {count for sample in recorded for count in sample.kernels}
        row |= {
            "time_ns": time,
            "time_iqr_ns": time_range,
            "profiler_overhead": np.nan
            if timed[0].is_profiled or timed[0].time_source == "given"
            else round(traced["recorded_wall_ns"].median()) / beside,
            "kernels": counts.pop() if len(counts) == 1 else None,
        }
    return row


def _wall_beside_layers(samples: pd.DataFrame, chosen: Selection) -> float:
    """The wall time in the state in which the layers were recorded; NaN where none is clean."""
    counts = samples["timed"] & samples["clean"] & (samples["state"] == chosen.layers_state)
    return float(samples.loc[counts, "wall_ns"].median())


def _as_predicted(row: dict[str, Any], predicted: Predicted) -> dict[str, Any]:
    """What differs in the row of a point that was predicted: nobody ran it."""
    if "wall_ns" not in row:
        return {}
    wall = {}
    if predicted.error is not None:
        wall = dict(
            zip(("wall_low_ns", "wall_high_ns"), predicted.error.times(row["wall_ns"]), strict=True)
        )
    return {"status": PREDICTED, "processes": 0, "profiler_overhead": np.nan, **wall}


def _spread(times: pd.Series[float], forwards: Sequence[int]) -> tuple[int, int]:
    """Median and interquartile range of one number per process, in whole ns.

    Args:
        times: one per process.
        forwards: of the first process: a single one has only these to tell how times spread.
    """
    each = forwards if len(times) == 1 else times.dropna()
    low, middle, high = np.percentile(each, [25, 50, 75])
    return round(middle), round(high - low)


def _most(samples: Sequence[Sample], name: str) -> float | None:
    given = [getattr(one, name) for one in samples if getattr(one, name) is not None]
    return max(given, default=None)
