"""The component table of a point of a run, and the times of components in each process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from samprof.analysis.scaling.axis import Axis
from samprof.errors import RunError
from samprof.sweeps.run.stored.point import Point
from samprof.trace.tables.components import component_table


def components_of(points: Sequence[Point], size: int | None, run: Path, axis: Axis) -> pd.DataFrame:
    """The component table of a size; see `Run.components`.

    Args:
        points: of one variant.
        size: the largest with components where it is None.
        run: the run directory.
        axis: what the sizes count.

    Raises:
        RunError: no components were recorded, or none of this size.
    """
    held = {point.size: point for point in points if point.components}
    if not held:
        remedy = "samprof workload measures those of SAM's pipelines"
        raise RunError("run", run, "no components were recorded", remedy)
    wanted = max(held) if size is None else size
    if wanted not in held:
        sizes = ", ".join(map(str, held))
        raise RunError("run", run, f"no {axis.text(wanted)}", f"there are {sizes}")
    point = held[wanted]
    return component_table(point.recorded[-1].frame(point.components))


def component_times(
    points: Sequence[Point], size: int, counted: frozenset[int], kind: str
) -> pd.DataFrame:
    """Time of each component (rows) in each recorded process (columns) of a size.

    Of several forwards the median.

    Args:
        points: of the whole run, whose samples are numbered in their order.
        size: which.
        counted: numbers of the processes that count.
        kind: host_ns or device_ns.
    """
    samples = [sample for point in points for sample in point.samples]
    tables = {
        number: sample.frame(sample.components)
        for number, sample in enumerate(samples)
        if number in counted and sample.size == size and sample.components
    }
    if not tables:
        return pd.DataFrame()
    medians = {
        number: table.groupby("component", sort=False)[kind].median()
        for number, table in tables.items()
    }
    return pd.DataFrame(medians)
