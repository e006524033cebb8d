"""What a run says of variants at one size: speed-ups of their components, and the workload's answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from samprof.sweeps.run.tables.components import component_times

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.verdict.verdict import Verdict
    from samprof.sweeps.run.data import RunData


def component_speedups_of(run: RunData, size: int | None = None) -> dict[str, pd.DataFrame]:
    """Variant -> speed-ups of its components over the first; none where nothing proves them.

    Args:
        run: with the variants.
        size: which; by default the largest that ran.
    """
    from samprof.analysis.verdict.modes import component_speedups

    names = [name for name in run.good_variants() if not run.selection(name).layers_undecided]
    sizes = {point.size for name in names for point in run.good_points(name)}
    if len(names) < 2 or names[0] != run.good_variants()[0] or not sizes:
        return {}
    wanted = max(sizes) if size is None else size
    on_device = any(one.time_source == "device" for p in run.measured for one in p.samples)
    kind = "device_ns" if on_device else "host_ns"
    first, *others = (
        component_times(run.measured, wanted, run.selection(name).recorded, kind) for name in names
    )
    return {
        name: component_speedups(first, other)
        for name, other in zip(names[1:], others, strict=True)
        if len(first) and len(other)
    }


def about_modes(run: RunData, verdict: Verdict) -> Verdict:
    """The verdict of a run of one size and several variants says how these compare; others stay."""
    from samprof.analysis.verdict.modes import mode_sentences

    names = [name for name in run.good_variants() if not run.selection(name).undecided]
    sizes = {point.size for name in run.good_variants() for point in run.good_points(name)}
    if len(names) < 2 or len(sizes) != 1:
        return verdict
    walls = {}
    for name in names:
        table = run.selection(name).table
        walls[name] = table.loc[
            table["process"].isin(run.selection(name).timed), "wall_ns"
        ].tolist()
    components = {
        name: run.components(None, name)
        for name in names
        if any(point.components for point in run.points_of(name))
    }
    said = mode_sentences(walls, components, sizes.pop(), run.axis)
    return replace(verdict, sentences=(*said, *verdict.sentences[1:]))
