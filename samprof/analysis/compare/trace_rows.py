"""The rows of one side of a comparison of traces, from the layer tables of its files."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from samprof.analysis.compare.alignment import Move, separator_of, without_step_numbers
from samprof.analysis.compare.runs import merged_order
from samprof.trace.model.names import OWNERLESS_NAMES

_SUMS = ["calls", "kernels", "total_ns", "self_ns"]


def side_rows(layers: Sequence[pd.DataFrame], by: str, move: Move | None = None) -> pd.DataFrame:
    """The rows of one side from the layer tables of its files, as `Side` has them.

    Args:
        layers: as `Trace.layers` gives them; of one kind of range and one time source.
        by: which kind of range; ops of one name are one row.
        move: how its paths are changed.
    """
    tables = [_rows(table, by, move) for table in layers]
    order: list[str] = []
    depth: dict[str, int] = {}
    for table in tables:
        depth = dict(zip(table["path"], table["depth"], strict=True)) | depth
        order = merged_order(order, table["path"].tolist(), depth)
    grouped = pd.concat(tables, ignore_index=True).groupby("path", sort=False)
    sums = grouped[_SUMS].sum()
    words = grouped[["type", "role", "note"]].agg(_first_of)
    order = _as_tree(order, by)
    rows = sums.join(words).loc[order].reset_index()
    return rows.assign(depth=[depth[path] for path in order], there=True)


def kernel_counts(
    kernels: Sequence[pd.DataFrame], by: str, move: Move | None = None
) -> pd.DataFrame:
    """The kernels of one side, each once per path: path, kernel, count, time_ns.

    Args:
        kernels: as `samprof.trace.tables.kernels_by_layer.kernels_by_layer` gives them, of each file.
        by: as in `side_rows`.
        move: as in `side_rows`.
    """
    found = pd.concat(kernels, ignore_index=True)
    found = found.assign(path=_paths(found["path"], by, move))
    return found.groupby(["path", "kernel"], sort=False).sum().reset_index()


def own_kernels(rows: pd.DataFrame, kernels: pd.DataFrame) -> pd.DataFrame:
    """The rows with the kernels that they launch themselves, not those of what is inside of them."""
    own = kernels.groupby("path")["count"].sum()
    return rows.assign(kernels=rows["path"].map(own).fillna(0).astype("int64"))


def spread_of(
    layers: Sequence[pd.DataFrame], by: str, move: Move | None, steps: int | None
) -> pd.DataFrame:
    """Path -> least_ns and most_ns: the times of the ranks that have it.

    Args:
        layers: the layer table of each rank.
        by: as in `side_rows`.
        move: as in `side_rows`.
        steps: of all ranks together; None for whole recordings.
    """
    tables = [_rows(table, by, move)[["path", "total_ns"]] for table in layers]
    grouped = pd.concat(tables, ignore_index=True).groupby("path", sort=False)["total_ns"]
    spread = grouped.agg(["min", "max"]) / ((steps or len(layers)) / len(layers))
    return spread.set_axis(["least_ns", "most_ns"], axis=1)


def with_what_is_around(rows: pd.DataFrame, other: pd.DataFrame, move: Move) -> pd.DataFrame:
    """The rows of a moved side, with what is around the new path on the other side.

    What is around holds there what is inside of it, and nothing of its own: so the difference of these
    rows is that of what is inside.
    """
    at = int(other.index[other["path"] == move.new][0])
    around: list[int] = []
    depth = int(other["depth"].iloc[at])
    for place in range(at - 1, -1, -1):
        if other["depth"].iloc[place] < depth:
            around.insert(0, place)
            depth = int(other["depth"].iloc[place])
    found = other.iloc[around]
    start = int(rows.index[rows["path"] == move.new][0])
    inside = rows.iloc[start]
    added = found[~found["path"].isin(rows["path"])].assign(
        calls=0,
        kernels=inside["kernels"],
        total_ns=inside["total_ns"],
        self_ns=0,
        note="",
        there=False,
    )
    return pd.concat([rows.iloc[:start], added, rows.iloc[start:]], ignore_index=True)


def steps_of(a: pd.DataFrame, b: pd.DataFrame) -> tuple[str, int, int] | None:
    """The outermost layer that holds most of the time on both sides, and how often each side ran it."""
    calls = a.merge(b, on="path", suffixes=("_a", "_b"))
    for name, rows in (("a", a), ("b", b)):
        owned = rows.loc[~rows["path"].isin(OWNERLESS_NAMES), "self_ns"].sum()
        calls = calls[(calls[f"calls_{name}"] > 0) & (2 * calls[f"total_ns_{name}"] > owned)]
    if calls.empty:
        return None
    row = calls.iloc[0]
    return str(row["path"]), int(row["calls_a"]), int(row["calls_b"])


def own_steps(rows: pd.DataFrame) -> int:
    """How often the outermost layer ran that holds most of the time; 0 if there is none."""
    found = steps_of(rows, rows)
    return found[1] if found else 0


def _as_tree(order: Sequence[str], by: str) -> list[str]:
    """The paths, each after what is around it and before what comes after that.

    Of several steps that are one row now, what only a later one entered would stand behind the others.
    """
    if by in ("samprof", "op"):
        return list(order)
    separator = separator_of(by)
    inside: dict[str, list[str]] = {}
    for path in order:
        inside.setdefault(path.rpartition(separator)[0], []).append(path)
    known, found = set(order), []
    waiting = [path for path in order if path.rpartition(separator)[0] not in known][::-1]
    while waiting:
        path = waiting.pop()
        found.append(path)
        waiting += inside.get(path, [])[::-1]
    return found


def _rows(layers: pd.DataFrame, by: str, move: Move | None) -> pd.DataFrame:
    """The rows of one file."""
    source = layers["time_source"].iloc[0]
    texts = {
        name: layers[name].fillna("") if name in layers else "" for name in ("type", "role", "note")
    }
    rows = layers[["path", "depth", "calls", "kernels"]].assign(
        total_ns=layers[f"{source}_total_ns"], self_ns=layers[f"{source}_self_ns"], **texts
    )
    if by == "op":
        rows = rows.assign(depth=0, total_ns=rows["self_ns"])
    paths = _paths(layers["path"], by, move)
    if move is not None:
        rows["depth"] += move.depth * (paths != layers["path"])
    grouped = rows.assign(path=paths).groupby("path", sort=False)
    sums = dict.fromkeys(_SUMS, "sum")
    firsts = dict.fromkeys(["depth", "type", "role"], "first")
    return grouped.agg({**firsts, **sums, "note": _first_of}).reset_index()


def _paths(paths: pd.Series, by: str, move: Move | None) -> pd.Series:
    """Paths as they are compared: ops by their own name, steps without number, moved."""
    if by == "op":
        return paths.str.rpartition(" > ")[2] if len(paths) else paths
    paths = without_step_numbers(paths)
    if move is None:
        return paths
    separator = separator_of(by)
    return paths.map(lambda path: move.path(path, separator))


def _first_of(words: pd.Series) -> str:
    return next((word for word in words if word), "")
