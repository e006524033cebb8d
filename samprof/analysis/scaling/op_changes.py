"""Which ops inside a layer class change with the size: the cause of a class that gains or loses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from samprof.analysis.scaling.axis import BATCH_SIZE, Axis
from samprof.analysis.statistics.intervals import paired_ratio
from samprof.units import time_text

LEAST_CHANGE = 1.05
"""Ops whose time per unit changes by less, up or down, are no cause."""
LEAST_SHARE = 0.05
"""Ops of less than this part of their class' time, at both sizes, are no cause."""
ANOTHER = 0.2
"""A kernel that takes this part of its class at one size, and nothing at the other, was exchanged."""
_MOST_NAMED = 2


def op_changes(
    ops: pd.DataFrame, roles: Mapping[str, str], axis: Axis = BATCH_SIZE
) -> pd.DataFrame:
    """One row per layer class and op: its time per unit at the smallest and at the largest size.

    Args:
        ops: long form: size, round, path, op, time_ns (of one forward, own time); one row per
            process.
        roles: path -> layer class; other paths are left out.
        axis: what the sizes count.

    Returns:
        Columns role, op, unit_ns_smallest, unit_ns_largest (median over processes; 0 where it did not
        run), share (of the class' time per unit, the larger of both sizes), ratio (largest over
        smallest) with its 95 % interval ratio_low, ratio_high. The largest difference first.

    Example:
        >>> rows = [(b, r, "net", "aten::bmm", b * b) for b in (1, 2) for r in range(3)]
        >>> table = pd.DataFrame(rows, columns=["size", "round", "path", "op", "time_ns"])
        >>> op_changes(table, {"net": "attention"})[["op", "ratio"]].values.tolist()
        [['aten::bmm', 2.0]]
    """
    sizes = sorted(ops["size"].unique().tolist())
    if len(sizes) < 2:
        return pd.DataFrame(columns=_COLUMNS)
    rows = ops.assign(role=ops["path"].map(roles)).dropna(subset=["role"])
    ends = [
        _per_round(rows[rows["size"] == size], axis.amount(size)) for size in (sizes[0], sizes[-1])
    ]
    index = ends[0].index.union(ends[1].index)
    rounds = ends[0].columns.union(ends[1].columns)
    first, last = (end.reindex(index=index, columns=rounds).to_numpy(np.float64) for end in ends)
    found = paired_ratio(last, first)
    table = pd.DataFrame({"role": index.get_level_values(0), "op": index.get_level_values(1)})
    table["unit_ns_smallest"], table["unit_ns_largest"] = _medians(first), _medians(last)
    wholes = table.groupby("role")[["unit_ns_smallest", "unit_ns_largest"]].transform("sum")
    parts = table[["unit_ns_smallest", "unit_ns_largest"]] / wholes.where(wholes > 0)
    table["share"] = parts.max(axis=1)
    table["ratio"], table["ratio_low"], table["ratio_high"] = (
        found.estimate,
        found.low,
        found.high,
    )
    difference = (table["unit_ns_largest"] - table["unit_ns_smallest"]).abs()
    return table.iloc[np.argsort(-difference.to_numpy(), kind="stable")].reset_index(drop=True)


_COLUMNS = [
    "role",
    "op",
    "unit_ns_smallest",
    "unit_ns_largest",
    "share",
    "ratio",
    "ratio_low",
    "ratio_high",
]


def _per_round(rows: pd.DataFrame, units: float) -> pd.DataFrame:
    """Time per unit, a row per class and op, a column per round."""
    rows = rows.assign(unit_ns=rows["time_ns"] / units)
    return rows.pivot_table(index=["role", "op"], columns="round", values="unit_ns", aggfunc="sum")


def _medians(values: np.ndarray) -> np.ndarray:
    """Of each row the median of what is there; 0 where nothing is."""
    present = np.isfinite(values).any(axis=1)
    medians = np.zeros(len(values))
    medians[present] = np.nanmedian(values[present], axis=1)
    return medians


def changed_ops(table: pd.DataFrame) -> pd.DataFrame:
    """The ops that explain something: large enough, and changed beyond noise or exchanged."""
    gone = (table["unit_ns_smallest"] == 0) ^ (table["unit_ns_largest"] == 0)
    exchanged = gone & (table["share"] >= ANOTHER)
    slower, faster = table["ratio_low"] > LEAST_CHANGE, table["ratio_high"] < 1 / LEAST_CHANGE
    return table[(table["share"] >= LEAST_SHARE) & (slower | faster) & ~gone | exchanged]


def op_sentence(
    table: pd.DataFrame, roles: Iterable[str], sizes: tuple[int, int], axis: Axis
) -> str:
    """What changes inside these layer classes, in words; empty where no op changed beyond noise.

    Args:
        table: as `op_changes` gives it.
        roles: the classes to explain.
        sizes: the smallest and the largest.
        axis: what the sizes count.
    """
    first, last = (axis.text(size) for size in sizes)
    parts = [
        f"in {role}, {_words(row, first, last, axis)}"
        for role in roles
        for row in _rows(changed_ops(table[table["role"] == role]).head(_MOST_NAMED))
    ]
    if not parts:
        return ""
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _rows(table: pd.DataFrame) -> list[dict[str, object]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.itertuples(index=False)]


def _words(row: Mapping[str, object], first: str, last: str, axis: Axis) -> str:
    before, after = float(str(row["unit_ns_smallest"])), float(str(row["unit_ns_largest"]))
    if not before:
        return f"{row['op']} runs at {last} only ({time_text(after)} per {axis.unit})"
    if not after:
        return f"{row['op']} runs at {first} only ({time_text(before)} per {axis.unit})"
    return (
        f"{row['op']} takes {time_text(after)} per {axis.unit} at {last} instead of "
        f"{time_text(before)} at {first}"
    )
