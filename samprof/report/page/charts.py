"""All charts of a run, by the section of the page that they stand in. Sees DataFrames only."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from samprof.report.page.batching_charts import run_batching
from samprof.report.page.component_charts import component_bars
from samprof.report.page.forward_charts import module_tree, timeline_chart
from samprof.report.page.layer_charts import layer_lines
from samprof.report.page.roofline_chart import roofline_chart
from samprof.report.page.section_names import SECTIONS

if TYPE_CHECKING:
    import pandas as pd

    from samprof.report.page.chart_parts import Drawing
    from samprof.report.summary import Summary

_MOST_BARS, _MOST_POINTS = 1600, 1200


def run_charts(
    summary: Summary,
    timeline: pd.DataFrame | None = None,
    runs: int = 1,
    sections: Collection[str] = SECTIONS,
) -> dict[str, list[Drawing]]:
    """The charts of a run: part -> its charts; none where there is nothing to draw.

    Args:
        summary: the tables of the run.
        timeline: what ran when in one forward.
        runs: on the page, that share what one file small enough to send may hold.
        sections: those that are shown; the others get no charts.

    Raises:
        MissingPackageError: altair is not installed.
    """
    points = _MOST_POINTS // runs
    drawn: dict[str, tuple[str, Callable[[], list[Drawing]]]] = {
        "batching": ("batching", lambda: run_batching(summary)),
        "layers": ("growth", lambda: layer_lines(summary, points)),
        "components": ("components", lambda: component_bars(summary.components, summary.colors)),
        "roofline": ("roofline", lambda: roofline_chart(summary, points)),
        "modules": ("forward", lambda: module_tree(summary)),
        "timeline": (
            "forward",
            lambda: (
                []
                if timeline is None
                else timeline_chart(timeline, _MOST_BARS // runs, summary.colors)
            ),
        ),
    }
    return {part: draw() if section in sections else [] for part, (section, draw) in drawn.items()}
