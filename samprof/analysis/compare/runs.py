"""Which layers changed between two measurements, by how much, and is it more than noise."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from samprof.analysis.compare.causes import WALL
from samprof.analysis.compare.changes import ALL_SIZES, pooled_changes, size_changes
from samprof.analysis.compare.shared_kernels import shared_kernels
from samprof.analysis.scaling.part import holders
from samprof.analysis.statistics.intervals import Floats
from samprof.analysis.statistics.per_process import rounds_of, time_per_process

REGION_IN_A = "one region in a: not split by layer"
REGION_IN_B = "one region in b: not split by layer"
_COLUMNS = (
    "path",
    "depth",
    "role",
    "time_source",
    "size",
    "a_ns",
    "b_ns",
    "difference_ns",
    "ratio",
    "ratio_low",
    "ratio_high",
    "share",
    "b_share",
    "change",
    "note",
)
Walls = Mapping[int, Sequence[float]]


def compare_layers(a: pd.DataFrame, b: pd.DataFrame, wall_a: Walls, wall_b: Walls) -> pd.DataFrame:
    """One row per path over all sizes that both sides have, then one per path and size.

    Args:
        a: long form of one variant, as `Run.layers` gives it: path, depth, size, round, process,
            repeat, time_ns, and where known role, time_source, note.
        b: the same of the other side.
        wall_a: for each size the wall time of a forward in ns without the profiler, one number per
            process in the order of the rounds; NaN where a process is missing.
        wall_b: the same of the other side.

    Returns:
        First the rows over all sizes, whose size is "all", then those of each size. In each part first
        the row `(wall)`, if both sides have one at every size, then the paths in a's order, those of b
        alone where they come in b. Columns path, depth, role, time_source (of a; "wall" for the wall
        time), size, a_ns and b_ns (medians over processes; over all sizes their mean), difference_ns
        (b - a), ratio (geometric mean of b over that of a) with its interval ratio_low, ratio_high
        (95 % at a size; over all sizes 95 % for all layers together; NaN where a side has fewer than
        two processes), share (of the time of a's root; 1 for the wall time), b_share (the same
        of b), change (slower, faster, within noise, only in a, only in b; in `samprof.compare` also
        undecided), note.

    Example:
        >>> names = ["path", "depth", "size", "round", "process", "repeat", "time_ns"]
        >>> rows = [("net", 0, 1, r, r, 0, 100 + r) for r in range(4)]
        >>> before = pd.DataFrame(rows, columns=names)
        >>> after = before.assign(time_ns=before["time_ns"] * 2)
        >>> table = compare_layers(before, after, {1: [9] * 4}, {1: [9] * 4})
        >>> table.loc[table["size"] == "all", ["path", "ratio", "change"]].values.tolist()
        [['(wall)', 1.0, 'within noise'], ['net', 2.0, 'slower']]
    """
    sizes = sorted(set(a["size"].tolist()) & set(b["size"].tolist()))
    if not sizes:
        return pd.DataFrame(columns=list(_COLUMNS))
    a, b = (side[side["size"].isin(sizes)] for side in (a, b))
    rows = _rows(a, b)
    times = [_times(side, rows["path"].tolist(), sizes) for side in (a, b)]
    if all(len(walls.get(size, ())) for walls in (wall_a, wall_b) for size in sizes):
        wall = {"path": WALL, "depth": 0, "role": "", "time_source": "wall"}
        rows = pd.concat([pd.DataFrame([wall]), rows], ignore_index=True)
        times = [
            _with_wall({size: walls[size] for size in sizes}, side)
            for walls, side in zip((wall_a, wall_b), times, strict=True)
        ]
    # Beside the wall time the shares are of the recorded roots.
    paths = rows["path"].tolist()
    roots = (paths.index(a["path"].iloc[0]), paths.index(b["path"].iloc[0]))
    pooled = pooled_changes(times[0], times[1], roots)
    pooled["note"] = _with_regions(rows["path"], pooled["note"], a, b)
    pooled["note"] = _with_fused(rows["path"], pooled["note"], a, b)
    parts = [rows.join(pooled).assign(size=ALL_SIZES)]
    for size, one, other in zip(sizes, *times, strict=True):
        changes = size_changes(one, other, roots, pooled["change"])
        part = rows.join(changes.assign(note=pooled["note"])).assign(size=size)
        parts.append(part[part[["a_ns", "b_ns"]].notna().any(axis=1)])
    table = pd.concat(parts, ignore_index=True)
    table.loc[table["path"] == WALL, ["share", "b_share"]] = 1.0
    return table[list(_COLUMNS)]


def _rows(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """What is known of the paths of either side, in their order."""
    first, second = (side.drop_duplicates("path") for side in (a, b))
    known = pd.concat([first, second]).drop_duplicates("path").set_index("path")
    depth = dict(zip(known.index, known["depth"], strict=True))
    paths = merged_order(first["path"].tolist(), second["path"].tolist(), depth)
    known = known.reindex(paths)
    rows = pd.DataFrame({"path": paths, "depth": known["depth"].tolist()})
    return rows.assign(role=_words(known, "role"), time_source=_words(known, "time_source"))


def merged_order(first: list[str], second: list[str], depth: Mapping[str, int]) -> list[str]:
    """The paths of either side in the order of the first; the others after what they follow.

    Example:
        >>> merged_order(["net", "net.a"], ["net", "net.b"], {"net": 0, "net.a": 1, "net.b": 1})
        ['net', 'net.b', 'net.a']
    """
    following: dict[str | None, str | None] = dict(zip([None, *first], [*first, None], strict=True))
    known, place = set(first), None
    for path in second:
        if path not in known:
            # Not between a row and what is inside of it on the first side.
            while (after := following[place]) is not None and depth[after] > depth[path]:
                place = after
            following[path], following[place] = after, path
        place = path
    order, place = [], following[None]
    while place is not None:
        order.append(place)
        place = following[place]
    return order


def _times(layers: pd.DataFrame, paths: list[str], sizes: list[int]) -> Floats:
    """One number per size, path and round, `[sizes, paths, rounds]`."""
    rounds = rounds_of(layers)
    return np.stack(
        [time_per_process(layers[layers["size"] == size], paths, rounds) for size in sizes]
    )


def _with_wall(walls: Walls, times: Floats) -> Floats:
    """The times below a first row of wall times, padded with NaN to as many rounds."""
    width = max(times.shape[2], *(len(values) for values in walls.values()))
    found = np.full((times.shape[0], times.shape[1] + 1, width), np.nan)
    found[:, 1:, : times.shape[2]] = times
    for place, values in enumerate(walls.values()):
        found[place, 0, : len(values)] = values
    return found


def _with_regions(
    paths: pd.Series, notes: pd.Series, a: pd.DataFrame, b: pd.DataFrame
) -> pd.Series:
    """The notes, with what is one region on a side and so cannot be compared layer by layer."""
    for note, side, other in ((REGION_IN_A, a, b), (REGION_IN_B, b, a)):
        separator = np.where(notes == "", "", "; ")
        notes = notes + np.where(paths.isin(regions(side, other)), separator + note, "")
    return notes


def _with_fused(paths: pd.Series, notes: pd.Series, a: pd.DataFrame, b: pd.DataFrame) -> pd.Series:
    """The notes, with which layers a layer shares kernels on a side."""
    said: list[list[str]] = [[note] if note else [] for note in notes]
    for name, side in (("a", a), ("b", b)):
        found = shared_kernels(side.drop_duplicates("path").assign(total_ns=0.0))
        for place, path in enumerate(paths):
            if path in found:
                said[place].append(f"in {name}: {found[path].text}")
    return pd.Series(["; ".join(parts) for parts in said], notes.index, dtype=object)


def regions(side: pd.DataFrame, other: pd.DataFrame) -> set[str]:
    """Paths that are one region on this side: noted as such, or split on the other side only."""
    noted = {
        path
        for path, note in zip(side["path"], _words(side, "note"), strict=True)
        if "not split" in note and ("compiled region" in note or "graph launch" in note)
    }
    shared = set(side["path"]) & set(other["path"])
    return noted | (shared & (holders(other) - holders(side)))


def _words(rows: pd.DataFrame, name: str) -> list[str]:
    """The cells of a column that may be missing, as a whole or in some rows."""
    cells = rows[name] if name in rows else [""] * len(rows)
    return [cell if isinstance(cell, str) else "" for cell in cells]
