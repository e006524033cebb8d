"""The component table of a point of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from samprof.analysis.scaling.axis import Axis
from samprof.errors import RunError
from samprof.sweeps.run.point import Point
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
