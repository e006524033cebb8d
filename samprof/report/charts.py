"""All charts of a run, by the section of the page that they stand in. Sees DataFrames only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samprof.report.batching_charts import run_batching
from samprof.report.forward_charts import component_bars, module_tree, timeline
from samprof.report.layer_charts import layer_lines, roofline_drawing

if TYPE_CHECKING:
    import pandas as pd

    from samprof.report.chart_parts import Drawing
    from samprof.report.summary import Summary

_MOST_BARS, _MOST_POINTS = 1600, 1200


def run_charts(
    summary: Summary, lanes: pd.DataFrame | None = None, runs: int = 1
) -> dict[str, list[Drawing]]:
    """The charts of a run: section -> its charts; none where there is nothing to draw.

    Args:
        summary: the tables of the run.
        lanes: what ran when in one forward.
        runs: on the page, that share what a file that can be sent may hold.

    Raises:
        MissingPackageError: altair is not installed.
    """
    points = _MOST_POINTS // runs
    return {
        "batching": run_batching(summary),
        "layers": layer_lines(summary, points),
        "components": component_bars(summary.components),
        "roofline": roofline_drawing(summary.roofline, summary.roof, summary.axis, points),
        "modules": module_tree(summary),
        "lanes": [] if lanes is None else timeline(lanes, _MOST_BARS // runs),
    }
