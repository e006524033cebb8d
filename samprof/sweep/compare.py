"""Two runs, or two variants of one, side by side. No torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samprof.analysis.axis import BATCH_SIZE
from samprof.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from samprof.sweep.point import Point
    from samprof.sweep.run import Run


def compare_runs(
    a: Run, b: Run, variant_a: str | None = None, variant_b: str | None = None
) -> pd.DataFrame:
    """One row a batch size and layer: how the times of b differ from those of a.

    Args:
        a: what is compared with.
        b: what is compared; it may be the same run, with another variant.
        variant_a: which of a; by default the one that stands for the run, eager or the first that ran.
        variant_b: which of b, likewise.

    Returns:
        See `samprof.analysis.compare.compare_layers`.

    Raises:
        RunError: a run has no such variant, they were swept over different things, or there is no
            batch size that both have.
    """
    from samprof.analysis.compare import compare_layers

    over_a, over_b = (run.asked.get("over", BATCH_SIZE) for run in (a, b))
    if over_a != over_b:
        cause = f"swept over {over_b}, and {a.path} over {over_a}"
        raise RunError("compare", b.path, cause, "compare runs over the same")
    points_a, points_b = _points(a, variant_a), _points(b, variant_b)
    if not points_a.keys() & points_b.keys():
        sizes = [", ".join(map(str, points)) for points in (points_a, points_b)]
        cause = f"no batch size in common: it has {sizes[1]}, and {a.path} has {sizes[0]}"
        raise RunError("compare", b.path, cause, "sweep a batch size that both have")
    return compare_layers(
        _layers(a, points_a),
        _layers(b, points_b),
        {size: point.wall_ns for size, point in points_a.items()},
        {size: point.wall_ns for size, point in points_b.items()},
    )


def differences(a: Run, b: Run) -> list[str]:
    """What else differs between two runs and may be why their times do, in a line each."""
    return [
        f"the {what} differs: {one or 'unknown'} in {a.path}, {other or 'unknown'} in {b.path}"
        for what, one, other in (
            ("model", _model(a.target), _model(b.target)),
            ("dtype", a.target.get("dtype"), b.target.get("dtype")),
            ("device", a.environment.get("device_name"), b.environment.get("device_name")),
            ("clock", _clock(a), _clock(b)),
        )
        if one != other
    ]


def _points(run: Run, variant: str | None) -> dict[int, Point]:
    """The points that ran to their end, by batch size."""
    present = run.good_variants()
    if not present:
        remedy = "look at the messages of its points, then sweep smaller batch sizes"
        raise RunError("compare", run.path, "no batch size ran to its end", remedy)
    chosen = variant or present[0]
    if chosen not in present:
        remedy = f"there are {', '.join(present)}"
        raise RunError("compare", run.path, f"no good point of variant {chosen}", remedy)
    return {point.batch_size: point for point in run.good_points(chosen)}


def _layers(run: Run, points: Mapping[int, Point]) -> pd.DataFrame:
    layers = run.layers()
    variant = next(iter(points.values())).variant
    return layers[(layers["variant"] == variant) & layers["batch_size"].isin(list(points))]


def _model(target: Mapping[str, Any]) -> str:
    """What a model is called, with its size: two models may have one name."""
    name = " ".join(str(target.get(key) or "") for key in ("label", "name")).strip()
    parameters = target.get("parameters")
    return f"{name} ({parameters} parameters)" if parameters else name


def _clock(run: Run) -> str:
    clocks = {p.clock for variant in run.good_variants() for p in run.good_points(variant)}
    return " and ".join(sorted(clocks))
