"""The pictures of a run, as PNG bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samprof.report.png.batching import batching_figure
from samprof.report.png.components import components_figure
from samprof.report.png.layers import layers_figure
from samprof.report.png.modules import modules_figure
from samprof.report.png.roofline import roofline_figure
from samprof.report.png.speedup import speedup_figure
from samprof.report.png.timeline import timeline_figure
from samprof.report.summary import Summary

if TYPE_CHECKING:
    import pandas as pd


def run_figures(summary: Summary, timeline: pd.DataFrame | None = None) -> dict[str, bytes]:
    """All figures of a run: name -> PNG.

    Args:
        summary: the tables of the run.
        timeline: what ran when in one forward.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    title, colors = summary.title, summary.colors
    figures = {}
    if summary.components:
        figures["components"] = components_figure(summary.components, title, colors)
    if len(summary.sizes) > 1:
        figures["batching"] = batching_figure(summary)
        figures["layers"] = layers_figure(summary)
        figures["speedup"] = speedup_figure(summary)
    if len(summary.roofline):
        figures["roofline"] = roofline_figure(summary)
    figures["modules"] = modules_figure(summary)
    if timeline is not None and len(timeline):
        figures["timeline"] = timeline_figure(timeline, title, colors)
    return figures
