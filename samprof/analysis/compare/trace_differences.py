"""How the layers or ops of two traces differ: one recording against another, without intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from samprof.analysis.compare.changes import ONLY_IN_A, ONLY_IN_B
from samprof.analysis.compare.kernel_changes import kernel_changes, kernels_text
from samprof.analysis.compare.runs import REGION_IN_A, REGION_IN_B, merged_order, regions
from samprof.analysis.compare.shared_kernels import SharedKernels, shared_kernels
from samprof.analysis.statistics.classes import UNDECIDED


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a trace, or the traces of a job's ranks.

    Attributes:
        rows: one row per path, ordered as first entered: path, depth, type, role, note, there (False for
            what is only around it on the other side), and sums over the whole files: calls, kernels,
            total_ns, self_ns.
        kernels: path, kernel, count, time_ns.
        spread: path -> least_ns, most_ns (of a rank, per step); None for a single trace.
        time_source: device or cpu.
        total_ns: all time in the files, summed without owners.
        steps: how often the model ran in the files; None where that is not known.
        files: how many.
    """

    rows: pd.DataFrame
    kernels: pd.DataFrame
    spread: pd.DataFrame | None
    time_source: str
    total_ns: int
    steps: int | None
    files: int

    @property
    def found_ns(self) -> int:
        """What the rows add up to: `total_ns`, or the accounting is wrong."""
        return int(self.rows["self_ns"].sum())


def compare_traces(a: Side, b: Side, by: str) -> pd.DataFrame:
    """One row per layer or op of either side.

    Args:
        a: what is compared with.
        b: what is compared.
        by: samprof, module, annotation or op.

    Returns:
        Layers ordered as first entered; ops the largest difference first. Columns path, depth, role,
        time_source (of a), size (missing), a_ns and b_ns (with what is inside; per step where both
        sides' steps are known, else of the whole recording; means over ranks; missing where a side has
        no such row), difference_ns (b - a, where what is missing took no time), ratio (b over a),
        ratio_low, ratio_high (missing: one recording has no interval), share, b_share (of all time of
        the side), change (only in a, only in b, else undecided), note, self_difference_ns (without
        what is inside); kernels (which of its own ran on one side only, or another number of times, in
        a few words) and kernel_changes (all of them: kernel, a, b). Then of the whole files: a_self_ns
        and b_self_ns, which add up to all time in them, a_calls, b_calls, a_kernels, b_kernels. For
        ranks a_least_ns, a_most_ns, b_least_ns, b_most_ns. Of a side with kernels that were made from
        several layers a_shared_ns, b_shared_ns: those that the layer shares with layers outside of
        it, per step, of which it took a part.
    """
    divisors = divisors_of(a, b)
    first, second = (side.rows.set_index("path") for side in (a, b))
    depth = {
        str(path): int(level)
        for rows in (second, first)
        for path, level in zip(rows.index, rows["depth"], strict=True)
    }
    order = merged_order(list(first.index), list(second.index), depth)
    sides = [rows.reindex(order) for rows in (first, second)]
    there = [rows["there"].fillna(False).astype(bool).to_numpy() for rows in sides]
    known = [rows["total_ns"].notna().to_numpy() for rows in sides]
    total = [
        rows["total_ns"].to_numpy(np.float64) / count
        for rows, count in zip(sides, divisors, strict=True)
    ]
    own = [rows["self_ns"].fillna(0).astype(np.int64).to_numpy() for rows in sides]
    per_step = [values / count for values, count in zip(own, divisors, strict=True)]
    changes = kernel_changes(a.kernels, b.kernels, *divisors)
    if a.time_source != b.time_source:
        changes = {}  # one of them ran no kernels
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(known[0] & known[1], total[1] / total[0], np.nan)
    shared = [{} if by == "op" else shared_kernels(side.rows) for side in (a, b)]
    nothing = np.full(len(order), np.nan)
    table = pd.DataFrame(
        {
            "path": order,
            "depth": _without_gaps([depth[path] for path in order]),
            "role": _first_word(sides, "role"),
            "time_source": a.time_source,
            "size": nothing,
            "a_ns": total[0],
            "b_ns": total[1],
            "difference_ns": np.nan_to_num(total[1]) - np.nan_to_num(total[0]),
            "ratio": ratio,
            "ratio_low": nothing,
            "ratio_high": nothing,
            "share": total[0] / max(a.total_ns / divisors[0], 1e-9),
            "b_share": total[1] / max(b.total_ns / divisors[1], 1e-9),
            "change": np.select(
                [there[0] & ~there[1], there[1] & ~there[0]], [ONLY_IN_A, ONLY_IN_B], UNDECIDED
            ).astype(object),
            "note": _notes(sides, _regions(a, b, by), shared),
            "self_difference_ns": per_step[1] - per_step[0],
            "kernels": [kernels_text(changes.get(path, []), *divisors) for path in order],
            "kernel_changes": [changes.get(path, []) for path in order],
            "a_self_ns": own[0],
            "b_self_ns": own[1],
        }
    )
    for name, rows, side, found, count in zip("ab", sides, (a, b), shared, divisors, strict=True):
        for column in ("calls", "kernels"):
            table[f"{name}_{column}"] = rows[column].fillna(0).astype(np.int64).to_numpy()
        if found:
            times = [found[path].time_ns if path in found else 0.0 for path in order]
            table[f"{name}_shared_ns"] = np.array(times) / count
        if side.spread is not None:
            spread = side.spread.reindex(order)
            table[f"{name}_least_ns"] = spread["least_ns"].to_numpy(np.float64)
            table[f"{name}_most_ns"] = spread["most_ns"].to_numpy(np.float64)
    if by != "op":
        return table
    by_size = np.lexsort((table["path"], -table["difference_ns"].abs()))
    return table.iloc[by_size].reset_index(drop=True)


def divisors_of(a: Side, b: Side) -> tuple[float, float]:
    """What the sums of both sides are divided by: their steps if both are known, else their files."""
    if a.steps and b.steps:
        return float(a.steps), float(b.steps)
    return float(a.files), float(b.files)


def _without_gaps(depths: Sequence[int]) -> list[int]:
    """The depths of rows some of which are on the other side, or elsewhere, inside of more ranges.

    Example:
        >>> _without_gaps([0, 2, 3, 3, 1])
        [0, 1, 2, 2, 1]
    """
    around: list[int] = []
    found = []
    for depth in depths:
        while around and around[-1] >= depth:
            around.pop()
        found.append(len(around))
        around.append(depth)
    return found


def _first_word(sides: Sequence[pd.DataFrame], name: str) -> list[str]:
    """The word of a, else that of b."""
    columns = [rows[name].fillna("") for rows in sides]
    return [one or other for one, other in zip(*columns, strict=True)]


def _regions(a: Side, b: Side, by: str) -> tuple[set[str], set[str]]:
    """Paths that are one region on either side; ops are not split anyway."""
    return (set(), set()) if by == "op" else (regions(a.rows, b.rows), regions(b.rows, a.rows))


def _notes(
    sides: Sequence[pd.DataFrame],
    whole: tuple[set[str], set[str]],
    shared: Sequence[Mapping[str, SharedKernels]],
) -> list[str]:
    """What the tables of both sides say of a row, where it is one region, and what it was fused with."""
    names, words = ("a", "b"), (REGION_IN_A, REGION_IN_B)
    columns = [rows["note"].fillna("") for rows in sides]
    notes = []
    for path, *both in zip(sides[0].index, *columns, strict=True):
        said = [f"in {name}: {note}" for name, note in zip(names, both, strict=True) if note]
        said = [both[0]] if both[0] and both[0] == both[1] else said
        said += [word for word, paths in zip(words, whole, strict=True) if path in paths]
        said += [
            f"in {name}: {found[path].text}"
            for name, found in zip(names, shared, strict=True)
            if path in found
        ]
        notes.append("; ".join(said))
    return notes
