"""Two runs, or two variants of one, side by side. No torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.analysis.statistics.states import find_states
from samprof.analysis.verdict.advice import no_size_ran
from samprof.errors import RunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from samprof.sweeps.run.data import RunData
    from samprof.sweeps.run.stored.point import Point


_SAME_SPEED = 1.05
"""Between quiet runs the usual time of the reference work differed by 1 %, to a slowed run by 27 %."""


def compare_runs(
    a: RunData,
    b: RunData,
    variant_a: str | None = None,
    variant_b: str | None = None,
    size: int | None = None,
    fused: str = "sets",
) -> pd.DataFrame:
    """One row per size and layer: how the times of b differ from those of a.

    Args:
        a: what is compared with.
        b: what is compared; it may be the same run, with another variant.
        variant_a: which of a; by default the one that stands for the run, eager or the first that ran.
        variant_b: which of b, likewise.
        size: only this one.
        fused: whether layers that a compiler made one kernel of have a row together; see
            `samprof.analysis.scaling.fused`.

    Returns:
        See `samprof.analysis.compare.runs.compare_layers`. All changes are undecided where a side has
        too few clean samples, or where the CPUs ran faster or lay nearer for one side than for the
        other.

    Raises:
        RunError: a run has no such variant, they were swept over different things, or they have no
            size in common.
    """
    from samprof.analysis.compare.changes import without_verdict
    from samprof.analysis.compare.runs import compare_layers
    from samprof.analysis.scaling.fused import folded

    over_a, over_b = (run.axis.name for run in (a, b))
    if over_a != over_b:
        cause = f"swept over {over_b}, and {a.path} over {over_a}"
        raise RunError("compare", b.path, cause, "compare runs over the same")
    points_a, points_b = _points(a, variant_a), _points(b, variant_b)
    sides = ((a, points_a), (b, points_b))
    if not points_a.keys() & points_b.keys():
        sizes = [", ".join(map(str, points)) for points in (points_a, points_b)]
        cause = f"no size in common: it has {sizes[1]}, and {a.path} has {sizes[0]}"
        raise RunError("compare", b.path, cause, "sweep a size that both have")
    if size is not None and not all(size in points for _, points in sides):
        common = ", ".join(map(str, sorted(points_a.keys() & points_b.keys())))
        cause = f"no {a.axis.text(size)} on both sides"
        raise RunError("compare", b.path, cause, f"both have {common}")
    chosen = [(run, next(iter(points.values())).variant) for run, points in sides]
    layers_a, layers_b = (folded(run.tables(variant).layers, fused) for run, variant in chosen)
    walls_a, walls_b = (_walls(run, variant) for run, variant in chosen)
    if size is not None:
        layers_a, layers_b = (side[side["size"] == size] for side in (layers_a, layers_b))
    table = compare_layers(layers_a, layers_b, walls_a, walls_b)
    why = _not_comparable(chosen)
    return without_verdict(table, why) if why else table


def differences(a: RunData, b: RunData) -> list[str]:
    """What else differs between two runs and may be why their times do, in a line each."""
    return [
        *_predicted_sides(a, b),
        *_other_differences(a, b),
    ]


def _predicted_sides(a: RunData, b: RunData) -> list[str]:
    """That a side was predicted, and what its ratios are then."""
    which = [run.predicted is not None for run in (a, b)]
    if which == [True, True]:
        return ["both are predicted, not measured: their ratios have no error bars"]
    if any(which):
        one, other = (a, b) if which[0] else (b, a)
        return [
            f"{one.path} is predicted, {other.path} measured: each ratio is the error of a prediction, "
            "no change"
        ]
    return []


def _other_differences(a: RunData, b: RunData) -> list[str]:
    return [
        f"the {what} differs: {one or 'unknown'} in {a.path}, {other or 'unknown'} in {b.path}"
        for what, one, other in (
            ("model", _model(a.target), _model(b.target)),
            ("dtype", a.target.get("dtype"), b.target.get("dtype")),
            ("device", a.environment.get("device_name"), b.environment.get("device_name")),
            ("number of threads", a.environment.get("threads"), b.environment.get("threads")),
            ("time source", _time_source(a), _time_source(b)),
        )
        if one != other
    ]


def _not_comparable(sides: Sequence[tuple[RunData, str]]) -> str:
    """Why the times of two sides say nothing about what was measured; empty where they do."""
    for run, variant in sides:
        selection = run.selection(variant)
        why = selection.layers_undecided or selection.undecided
        if why:
            return f"in {run.path} {why}"
    (a, b), speeds = (run for run, _ in sides), [run.conditions.usual.usual_ns for run, _ in sides]
    if a.environment.get("device_name") != b.environment.get("device_name"):
        return ""
    speed = speeds[0] / speeds[1]
    if abs(np.log(speed)) > np.log(_SAME_SPEED):  # NaN is not
        return f"the CPUs ran at {speed:.2f} of their speed in {a.path}"
    return _cores_elsewhere(sides)


def _cores_elsewhere(sides: Sequence[tuple[RunData, str]]) -> str:
    """That two sides are of different states of the machine, each of its own run; empty if not."""
    (a, _), (b, _) = sides
    one, other = (run.selection(variant) for run, variant in sides)
    for what, first, second in (
        ("the forwards were timed", one.timed, other.timed),
        ("the layers were recorded", one.recorded, other.recorded),
    ):
        apart = one.cores_apart_ns(first), other.cores_apart_ns(second)
        if find_states(apart).borders:
            where = f"{apart[1]:.0f} ns apart, and {apart[0]:.0f} ns in {a.path}"
            return f"in {b.path} {what} with the cores {where}"
    return ""


def compare_variants(
    run: RunData, size: int | None = None, fused: str = "sets"
) -> dict[tuple[str, str], pd.DataFrame]:
    """The variants of a run, each compared with the first of those that ran to their end.

    Args:
        run: of which.
        size: as in `compare_runs`.
        fused: likewise.

    Returns:
        (first, other) -> table.

    Raises:
        UsageError: there are no two of them.
    """
    first, *others = run.good_variants() or [""]
    if not others:
        cause = f"one run with {'one variant' if first else 'no good point'}: nothing to compare"
        raise UsageError("compare", run.path, cause, "give another run directory as well")
    return {(first, other): compare_runs(run, run, first, other, size, fused) for other in others}


def _points(run: RunData, variant: str | None) -> dict[int, Point]:
    """The points that ran to their end, by size."""
    present = run.good_variants()
    if not present:
        raise RunError("compare", run.path, *no_size_ran(run.points, run.axis))
    chosen = variant or present[0]
    if chosen not in present:
        remedy = f"there are {', '.join(present)}"
        raise RunError("compare", run.path, f"no good point of variant {chosen}", remedy)
    return {point.size: point for point in run.good_points(chosen)}


def _walls(run: RunData, variant: str) -> dict[int, list[float]]:
    """For each size the wall time of a forward of each process that counts."""
    rows = run.samples[run.samples["process"].isin(run.selection(variant).timed)]
    sizes = sorted(set(rows["size"]))
    return {size: rows.loc[rows["size"] == size, "wall_ns"].tolist() for size in sizes}


def _model(target: Mapping[str, Any]) -> str:
    """What a model is called, with its size: two models may have one name."""
    name = " ".join(str(target.get(key) or "") for key in ("label", "name")).strip()
    parameters = target.get("parameters")
    return f"{name} ({parameters} parameters)" if parameters else name


def _time_source(run: RunData) -> str:
    sources = set(run.points["time_source"]) - {""}
    return " and ".join(sorted(sources))
