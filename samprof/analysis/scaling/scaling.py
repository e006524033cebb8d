"""How each layer's time grows with the size."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from samprof.analysis.scaling.axis import BATCH_SIZE, Axis
from samprof.analysis.scaling.part import holders
from samprof.analysis.statistics.classes import (
    CLASS_LEVEL,
    LEAST_PROCESSES,
    UNDECIDED,
    classified,
    step_places,
)
from samprof.analysis.statistics.fit import fit_rows
from samprof.analysis.statistics.intervals import Floats, Interval, paired_ratio
from samprof.analysis.statistics.per_process import rounds_of, time_per_process

_CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
_COSTS = ("flops", "bytes", "ops_without_formula", "device_gap_ns", "launch_gap_ns")
_FORWARD = ["size", "variant", "round", "process", "state", "repeat"]
_PARAMETERS = 2
"""How many each law has."""
WIDE = 0.2
"""A relative interquartile range between processes above this is mentioned in the row's note."""


REST_OF = "rest of "
"""What the class of a layer's own time begins with, where rows below it hold the others."""


def scaling_table(layers: pd.DataFrame, axis: Axis = BATCH_SIZE) -> pd.DataFrame:
    """One row per path: its time per unit at the smallest and the largest size, and how it grows.

    Args:
        layers: long form, as `Run.layers` gives it, clean and of one state: path, depth, size, round,
            process, repeat, time_ns, and where known type, role, time_source.
        axis: what the sizes count.

    Returns:
        Columns path, depth, type, role, time_source; unit_ns_smallest, unit_ns_largest (median over
        processes of the time per unit at the smallest and the largest size); speedup (geometric mean
        over rounds of the first over the second) with its 95 % interval speedup_low, speedup_high
        (NaN where fewer than two processes tell); class (undecided where fewer than three processes
        tell; see `samprof.analysis.statistics.classes`); step_at (the size at which the time per unit
        steps; missing where it does not); fixed_ns and per_unit_ns of time(b) = fixed + per_unit * b,
        and exponent of time ~ b^p with its 95 % interval exponent_low, exponent_high, each NaN where
        its law does not describe all sizes, or where two sizes of one process each are all that it
        would rest on; bound (unknown here; in `Run.scaling` that at the largest size); note.

    Example:
        >>> rows = [("net", 0, b, r, r, 0, 10 * b) for b in (1, 2) for r in range(3)]
        >>> names = ["path", "depth", "size", "round", "process", "repeat", "time_ns"]
        >>> table = scaling_table(pd.DataFrame(rows, columns=names))
        >>> table[["unit_ns_smallest", "unit_ns_largest", "speedup", "class"]].values.tolist()
        [[10.0, 10.0, 1.0, 'same']]
    """
    rows, sizes = layers.drop_duplicates("path").reset_index(drop=True), _sizes(layers)
    amounts = np.array([axis.amount(size) for size in sizes], np.float64)
    times = _times(layers, rows["path"], sizes)
    units = [raw / amount for raw, amount in zip(times, amounts, strict=True)]
    speedup = _against_first(units)[-1]
    return pd.DataFrame(
        {
            "path": rows["path"],
            "depth": rows["depth"],
            **{name: rows.get(name, "") for name in ("type", "role", "time_source")},
            "unit_ns_smallest": np.nanmedian(units[0], axis=1),
            "unit_ns_largest": np.nanmedian(units[-1], axis=1),
            "speedup": speedup.estimate,
            "speedup_low": speedup.low,
            "speedup_high": speedup.high,
            **_growth(sizes, amounts, times, units),
            "bound": "unknown",
            "note": _notes(units),
        }
    )


def times_by_size(layers: pd.DataFrame, axis: Axis = BATCH_SIZE) -> pd.DataFrame:
    """One row per path and size, in the order of `scaling_table`, sizes ascending.

    Args:
        layers: as in `scaling_table`.
        axis: what the sizes count.

    Returns:
        Columns path, depth, role, size; time_ns (median over processes of the time of one batch),
        unit_ns (the same per unit), speedup (from the smallest size to this one) with its 95 %
        interval speedup_low, speedup_high (NaN where fewer than two processes tell; 1 at the smallest).

    Example:
        >>> rows = [("net", 0, b, r, r, 0, 10 + 10 * b) for b in (1, 2) for r in range(3)]
        >>> names = ["path", "depth", "size", "round", "process", "repeat", "time_ns"]
        >>> table = times_by_size(pd.DataFrame(rows, columns=names))
        >>> table[["size", "time_ns", "unit_ns", "speedup"]].round(6).values.tolist()
        [[1.0, 20.0, 20.0, 1.0], [2.0, 30.0, 15.0, 1.333333]]
    """
    rows, sizes = layers.drop_duplicates("path").reset_index(drop=True), _sizes(layers)
    times = _times(layers, rows["path"], sizes)
    medians = np.stack([np.nanmedian(raw, axis=1) for raw in times], axis=1)
    amounts = np.array([axis.amount(size) for size in sizes], np.float64)
    named = pd.DataFrame(
        {"path": rows["path"], "depth": rows["depth"], "role": rows.get("role", "")}
    )
    table = named.loc[named.index.repeat(len(sizes))].reset_index(drop=True)
    table["size"] = sizes * len(rows)
    table["time_ns"], table["unit_ns"] = medians.ravel(), (medians / amounts).ravel()
    speedups = _against_first([raw / amount for raw, amount in zip(times, amounts, strict=True)])
    for column, end in (("", "estimate"), ("_low", "low"), ("_high", "high")):
        ends = np.stack([getattr(one, end) for one in speedups], axis=1)
        table[f"speedup{column}"] = ends.ravel()
    return table


def whole_of(layers: pd.DataFrame) -> pd.DataFrame:
    """The same long form with one row, the path empty, per forward: the time of all of its layers."""
    summed = layers.groupby(_FORWARD, sort=False, as_index=False)[["self_ns"]].sum()
    return summed.assign(path="", depth=0, role="", time_ns=summed["self_ns"])


def by_role(layers: pd.DataFrame) -> pd.DataFrame:
    """The same long form with one row per role: self times of its layers, so nothing counts twice.

    Layers without a role go by their type, and containers, whose type says nothing, by their path; what
    a layer with rows below it does itself is the "rest of" its role; `(outside)` and `(no launch)` stay
    as they are.
    """
    label = layers["path"].map(role_labels(layers))
    keys = [*_FORWARD, "step", "time_source"]
    costs = [name for name in _COSTS if name in layers]
    own = layers.assign(path=label, time_ns=layers["self_ns"], **_own(layers, costs))
    grouped = own.groupby([*keys, "path"], sort=False, as_index=False)
    summed = grouped[["time_ns", "calls", *costs]].sum()
    return summed.assign(depth=0, role=summed["path"], type="")


def role_labels(layers: pd.DataFrame) -> dict[str, str]:
    """Path -> what `by_role` calls its row."""
    rows = layers.drop_duplicates("path")
    types = rows["type"].where(~rows["type"].isin(_CONTAINERS), "")
    label = rows["role"].where(rows["role"] != "", types)
    label = label.where(label != "", rows["path"])
    label = label.where(~rows["path"].isin(holders(rows)), REST_OF + label)
    return dict(zip(rows["path"], label, strict=True))


def _own(layers: pd.DataFrame, names: Sequence[str]) -> dict[str, pd.Series]:
    """Inclusive columns minus what the rows directly below hold."""
    if not names:
        return {}
    around: dict[str, str] = {}
    above: list[str] = []
    rows = layers.drop_duplicates("path")
    for path, depth in zip(rows["path"], rows["depth"], strict=True):
        del above[int(depth) :]
        around[path] = above[-1] if above else ""
        above.append(path)
    inside = layers.assign(path=layers["path"].map(around)).groupby([*_FORWARD, "path"])[
        list(names)
    ]
    places = pd.MultiIndex.from_frame(layers[[*_FORWARD, "path"]])
    below = inside.sum().reindex(places).fillna(0).to_numpy()
    return {name: layers[name] - below[:, place] for place, name in enumerate(names)}


def _sizes(layers: pd.DataFrame) -> list[int]:
    return sorted(layers["size"].unique().tolist())


def _times(layers: pd.DataFrame, paths: pd.Series, sizes: Sequence[int]) -> list[Floats]:
    """For each size one number per path and round; a layer that did not run took no time."""
    rounds, rows, found = rounds_of(layers), paths.tolist(), []
    for size in sizes:
        times = time_per_process(layers[layers["size"] == size], rows, rounds)
        measured = np.isfinite(times).any(axis=0)
        found.append(np.where(np.isnan(times) & measured, 0.0, times))
    return found


def _against_first(units: list[Floats], level: float = 0.95) -> list[Interval]:
    """Speed-ups from the first size to each; exactly 1 to the first itself, where it takes time."""
    first = np.where(np.nanmax(units[0], axis=1) > 0, 1.0, np.nan)
    others = (paired_ratio(units[0], other, level) for other in units[1:])
    return [Interval(first, first, first), *others]


def _growth(
    sizes: list[int], amounts: Floats, times: list[Floats], units: list[Floats]
) -> dict[str, Any]:
    """The class, the step and the laws; undecided and unknown where there is one size only."""
    rows = len(times[0])
    names = ("fixed_ns", "per_unit_ns", "exponent", "exponent_low", "exponent_high")
    unknown: dict[str, Any] = dict.fromkeys(names, np.full(rows, np.nan))
    no_step = pd.array([pd.NA] * rows, dtype="Int64")
    if len(sizes) < 2:
        return {"class": [UNDECIDED] * rows, "step_at": no_step, **unknown}
    fewest = np.min([np.isfinite(one).sum(axis=1) for one in units], axis=0)
    steps = step_places([paired_ratio(*pair, CLASS_LEVEL) for pair in pairwise(units)])
    steps = np.where(fewest < LEAST_PROCESSES, 0, steps)
    fit = fit_rows(amounts, times)
    # Any law runs through two numbers: two sizes, each of one process, show none.
    proven = np.isfinite(fit.exponent.low) | (len(sizes) > _PARAMETERS)
    # A fixed cost can look like a step at the second size: what the line describes is no step.
    is_line = fit.is_line & proven
    steps = np.where(is_line, 0, steps)
    is_power = fit.is_power & proven & (steps == 0)
    exponent = (fit.exponent.estimate, fit.exponent.low, fit.exponent.high)
    return {
        "class": classified(_against_first(units, CLASS_LEVEL)[-1], fewest),
        "step_at": pd.array([sizes[step] if step else pd.NA for step in steps], dtype="Int64"),
        "fixed_ns": np.where(is_line, fit.fixed.estimate, np.nan),
        "per_unit_ns": np.where(is_line, fit.per_unit.estimate, np.nan),
        **{
            name: np.where(is_power, value, np.nan)
            for name, value in zip(names[2:], exponent, strict=True)
        },
    }


def _notes(units: list[Floats]) -> list[str]:
    """Says which rows vary widely between processes."""
    spread = np.zeros(len(units[0]))
    for values in units:
        low, middle, high = np.nanpercentile(values, [25, 50, 75], axis=1)
        relative = np.divide(high - low, middle, out=np.zeros_like(middle), where=middle > 0)
        spread = np.maximum(spread, relative)
    return [f"wide: interquartile range {value:.0%}" if value > WIDE else "" for value in spread]
