"""Which layers changed between two measurements, by how much, and is it more than noise."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from samprof.analysis.fit import INTERVAL, Floats, resampled_medians

WALL = "(wall)"
"""The row of a whole forward, measured without the profiler."""
SLOWER, FASTER, WITHIN_NOISE, ONLY_IN_A, ONLY_IN_B = (
    "slower",
    "faster",
    "within noise",
    "only in a",
    "only in b",
)
CHANGED = (SLOWER, FASTER)
FEWEST_REPEATS = 4
TOO_FEW = "too few repeats to tell"
REGION_IN_A = "one region in a: not split by layer"
REGION_IN_B = "one region in b: not split by layer"
LEAST_SHARE = 0.01
_EXPLAINED = 0.5
_COLUMNS = (
    "path",
    "depth",
    "role",
    "clock",
    "batch_size",
    "a_ns",
    "b_ns",
    "difference_ns",
    "ratio",
    "ratio_low",
    "ratio_high",
    "share",
    "b_share",
    "a_max_ns",
    "b_min_ns",
    "change",
    "note",
)


def compare_layers(
    a: pd.DataFrame,
    b: pd.DataFrame,
    wall_a: Mapping[int, Sequence[int]],
    wall_b: Mapping[int, Sequence[int]],
) -> pd.DataFrame:
    """One row a batch size that both sides have and a path of either: how b differs from a.

    A row is slower or faster if the 95 % interval of its ratio excludes 1, and the repeats of the two
    sides do not overlap at all (each of one side is above each of the other), and both sides have at
    least 4 repeats. Everything else is within noise. The interval alone is not trusted: dozens of
    rows are compared at once, so that some intervals exclude 1 by chance, and the repeats of one
    process share its luck, of which their spread says nothing. Even so chance alone parts 1 of 35
    unchanged rows with 4 repeats a side, 1 of 126 with 5, and 1 of 6435 with 8.

    Args:
        a: long form of one variant, as `Run.layers` gives it: path, depth, batch_size, repeat,
            time_ns, and where known role, clock, note.
        b: the same of the other side.
        wall_a: for each batch size the raw wall times of a forward in ns, without the profiler.
        wall_b: the same of the other side.

    Returns:
        By batch size: first the row `(wall)`, then the paths in a's order, those of b alone where
        they come in b. Columns path, depth, role, clock (of a; "wall" for the wall time),
        batch_size, a_ns and b_ns (medians), difference_ns (b - a), ratio (b / a) with its 95 %
        interval ratio_low, ratio_high (bootstrap of the ratio of medians; nan where there is one
        repeat only, or no time in a), share (of the time of a's root; 1 for the wall time), b_share
        (the same of b), a_max_ns (slowest repeat of a), b_min_ns (fastest of b), change (slower,
        faster, within noise, only in a, only in b), note.

    Example:
        >>> names = ["path", "depth", "batch_size", "repeat", "time_ns"]
        >>> before = pd.DataFrame([("net", 0, 1, r, 100 + r) for r in range(4)], columns=names)
        >>> after = before.assign(time_ns=before["time_ns"] * 2)
        >>> table = compare_layers(before, after, {1: [9] * 4}, {1: [9] * 4})
        >>> table[["path", "ratio", "change"]].values.tolist()
        [['(wall)', 1.0, 'within noise'], ['net', 2.0, 'slower']]
    """
    sizes = sorted(set(a["batch_size"].tolist()) & set(b["batch_size"].tolist()))
    parts = []
    for size in sizes:
        walls = [np.array([wall.get(size, [])], np.float64) for wall in (wall_a, wall_b)]
        sides = [side[side["batch_size"] == size] for side in (a, b)]
        rows = [_layer_rows(sides[0], sides[1])]
        if min(times.shape[1] for times in walls):
            rows.insert(0, _wall_row(walls[0], walls[1]))
        parts += [part.assign(batch_size=size) for part in rows]
    if not parts:
        return pd.DataFrame(columns=list(_COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(_COLUMNS)]


def regressions(table: pd.DataFrame, gate: float, least_share: float = LEAST_SHARE) -> pd.DataFrame:
    """The slower rows that matter: b's fastest repeat exceeds a's slowest by more than the gate.

    Args:
        table: as `compare_layers` gives it.
        gate: the part of a's time by which b may be slower, such as 0.05.
        least_share: rows of less than this part of the root's time on both sides are left out.

    Returns:
        Rows of the table, the largest difference first.
    """
    beyond = table["b_min_ns"] > (1 + gate) * table["a_max_ns"]
    matters = table[["share", "b_share"]].max(axis=1) >= least_share
    found = table[(table["change"] == SLOWER) & beyond & matters]
    return found.sort_values("difference_ns", ascending=False, kind="stable")


def causes(table: pd.DataFrame) -> pd.DataFrame:
    """The changed rows where the change comes from, the largest difference first.

    Of nested rows with the same change these are the deepest ones that explain at least half of the
    difference around them; the wall time counts as what is around all layers.
    """
    change, size = table["change"].tolist(), table["difference_ns"].abs().tolist()
    named: list[int] = []
    for _, places in table.reset_index(drop=True).groupby("batch_size", sort=False):
        depths = np.where(places["path"] == WALL, -1, places["depth"]).tolist()
        # Backwards, so that what is inside of a row is known before the row.
        waiting: list[tuple[int, list[int]]] = []
        for place, depth in zip(places.index[::-1].tolist(), depths[::-1], strict=True):
            inside: list[int] = []
            while waiting and waiting[-1][0] > depth:
                inside += waiting.pop()[1]
            if change[place] in CHANGED:
                same = [inner for inner in inside if change[inner] == change[place]]
                if sum(size[inner] for inner in same) < _EXPLAINED * size[place]:
                    inside = [place, *(inner for inner in inside if inner not in same)]
            waiting.append((depth, inside))
        named += [place for _, inside in waiting for place in inside]
    return table.iloc[sorted(named, key=lambda place: (-size[place], place))]


def _wall_row(a: Floats, b: Floats) -> pd.DataFrame:
    row = {"path": WALL, "depth": 0, "role": "", "clock": "wall", "share": 1.0, "b_share": 1.0}
    return pd.DataFrame([row]).join(_changes(a, b))


def _layer_rows(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    first, second = (side.drop_duplicates("path") for side in (a, b))
    known = pd.concat([first, second]).drop_duplicates("path").set_index("path")
    depth = dict(zip(known.index, known["depth"], strict=True))
    paths = _merged_order(first["path"].tolist(), second["path"].tolist(), depth)
    known = known.reindex(paths)
    rows = pd.DataFrame({"path": paths, "depth": known["depth"].tolist()})
    rows["role"], rows["clock"] = _words(known, "role"), _words(known, "clock")
    rows = rows.join(_changes(_repeats(a, paths), _repeats(b, paths)))
    for share, time, side in (("share", "a_ns", first), ("b_share", "b_ns", second)):
        root = rows.loc[rows["path"] == side["path"].iloc[0], time].iloc[0]
        rows[share] = rows[time] / root if root > 0 else np.nan
    for note, side, other in ((REGION_IN_A, a, b), (REGION_IN_B, b, a)):
        region = rows["path"].isin(_regions(side, other))
        separator = np.where(rows["note"] == "", "", "; ")
        rows["note"] += np.where(region, separator + note, "")
    return rows


def _merged_order(first: list[str], second: list[str], depth: Mapping[str, int]) -> list[str]:
    """The paths of either side in the order of the first; the others behind what they follow."""
    order, known, place = list(first), set(first), -1
    for path in second:
        if path in known:
            place = order.index(path)
            continue
        place += 1
        # Not between a row and what is inside of it on the first side.
        while place < len(order) and depth[order[place]] > depth[path]:
            place += 1
        order.insert(place, path)
    return order


def _repeats(layers: pd.DataFrame, paths: list[str]) -> Floats:
    """Times as `[paths, repeats]`: 0 in a repeat without the layer, nan if it is in none."""
    wide = layers.pivot_table(index="path", columns="repeat", values="time_ns", aggfunc="sum")
    return wide.fillna(0.0).reindex(paths).to_numpy(dtype=np.float64)


def _changes(a: Floats, b: Floats) -> pd.DataFrame:
    """What follows from the repeats, `[rows, repeats]` of each side."""
    a_ns, b_ns = np.median(a, axis=1), np.median(b, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = b_ns / a_ns
    low, high = _interval(a, b)
    in_a, in_b = ~np.isnan(a_ns), ~np.isnan(b_ns)
    enough = min(a.shape[1], b.shape[1]) >= FEWEST_REPEATS
    # Where nothing takes time in a there is no interval: what is left is whether they overlap.
    told = enough & ~((low <= 1) & (high >= 1))
    above, below = b.min(axis=1) > a.max(axis=1), b.max(axis=1) < a.min(axis=1)
    cases = [~in_b, ~in_a, told & above, told & below]
    change = np.select(cases, [ONLY_IN_A, ONLY_IN_B, SLOWER, FASTER], WITHIN_NOISE)
    return pd.DataFrame(
        {
            "a_ns": a_ns,
            "b_ns": b_ns,
            "difference_ns": b_ns - a_ns,
            "ratio": ratio,
            "ratio_low": low,
            "ratio_high": high,
            "a_max_ns": a.max(axis=1),
            "b_min_ns": b.min(axis=1),
            "change": change.astype(object),
            "note": np.where(in_a & in_b & (not enough), TOO_FEW, "").astype(object),
        }
    )


def _interval(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The 95 % interval of the ratio of medians; nan where there is none."""
    low, high = np.full(len(a), np.nan), np.full(len(a), np.nan)
    whole = np.all(a > 0, axis=1) & np.all(b >= 0, axis=1)
    if whole.any() and min(a.shape[1], b.shape[1]) > 1:
        drawn = resampled_medians([a[whole], b[whole]])
        low[whole], high[whole] = np.percentile(drawn[..., 1] / drawn[..., 0], INTERVAL, axis=1)
    return low, high


def _regions(side: pd.DataFrame, other: pd.DataFrame) -> set[str]:
    """Paths that are one region on this side: noted as such, or split on the other side only."""
    noted = {
        path
        for path, note in zip(side["path"], _words(side, "note"), strict=True)
        if "not split" in note and ("compiled region" in note or "graph launch" in note)
    }
    shared = set(side["path"]) & set(other["path"])
    return noted | (shared & (_with_rows_inside(other) - _with_rows_inside(side)))


def _with_rows_inside(layers: pd.DataFrame) -> set[str]:
    rows = layers.drop_duplicates("path")
    return set(rows["path"][rows["depth"].shift(-1, fill_value=0) > rows["depth"]])


def _words(rows: pd.DataFrame, name: str) -> list[str]:
    """The cells of a column that may be missing, as a whole or in some rows."""
    cells = rows[name] if name in rows else [""] * len(rows)
    return [cell if isinstance(cell, str) else "" for cell in cells]
