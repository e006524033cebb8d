"""All charts of a run, by the section of the page that they stand in. Sees DataFrames only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samprof.report.page.batching_charts import run_batching
from samprof.report.page.component_charts import component_bars
from samprof.report.page.forward_charts import module_tree, timeline_chart
from samprof.report.page.layer_charts import layer_lines
from samprof.report.page.roofline_chart import roofline_chart

if TYPE_CHECKING:
    import pandas as pd

    from samprof.report.page.chart_parts import Drawing
    from samprof.report.summary import Summary

_MOST_BARS, _MOST_POINTS = 1600, 1200


def run_charts(
    summary: Summary, timeline: pd.DataFrame | None = None, runs: int = 1
) -> dict[str, list[Drawing]]:
    """The charts of a run: section -> its charts; none where there is nothing to draw.

    Args:
        summary: the tables of the run.
        timeline: what ran when in one forward.
        runs: on the page, that share what one file small enough to send may hold.

    Raises:
        MissingPackageError: altair is not installed.
    """
    points = _MOST_POINTS // runs
    return {
        "batching": run_batching(summary),
        "layers": layer_lines(summary, points),
        "components": component_bars(summary.components, summary.colors),
        "roofline": roofline_chart(summary, points),
        "modules": module_tree(summary),
        "timeline": []
        if timeline is None
        else timeline_chart(timeline, _MOST_BARS // runs, summary.colors),
    }
