"""A picture of what ran when in one forward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samprof.report.palette import WAIT_COLOR, colors_of
from samprof.report.png.canvas import canvas, png, title_above
from samprof.report.png.labels import label_bar, legend_below, legend_height
from samprof.report.timeline_bars import last_part, row_label, rows_in_order, visible_bars
from samprof.trace.tables.timeline import HOST, WAIT
from samprof.units import common_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_COLUMNS = 5
_EDGE: dict[str, Any] = {"edgecolor": "white", "linewidth": 0.3}


def timeline_figure(
    timeline: pd.DataFrame, title: str, colors: Mapping[str, str] | None = None
) -> bytes:
    """Host and device over time, one forward: ranges by depth above, streams of the device below.

    Args:
        timeline: as `samprof.trace.tables.timeline.timeline_table` gives it.
        title: of what.
        colors: of known components.
    """
    span = float((timeline["start_ns"] + timeline["dur_ns"]).max())
    shown = visible_bars(timeline, span)
    unit, keys = common_unit([span]), rows_in_order(shown)
    names = list(dict.fromkeys(shown.loc[shown["track"] != WAIT, "component"]))
    found = colors_of(names, colors)
    height = 1.7 + 0.4 * len(keys) + legend_height(names, _COLUMNS)
    with canvas(1, 1, (11.0, height)) as (figure, (axes,)):
        axes.set_xlim(0, span / unit.size)
        for place, (track, row) in enumerate(keys):
            bars = shown[(shown["track"] == track) & (shown["row"] == row)]
            spans = list(zip(bars["start_ns"] / unit.size, bars["dur_ns"] / unit.size, strict=True))
            faces = [WAIT_COLOR if track == WAIT else found[name] for name in bars["component"]]
            axes.broken_barh(spans, (place - 0.44, 0.88), facecolors=faces, **_EDGE)
            if track == HOST:
                for name, where, face in zip(bars["name"], spans, faces, strict=True):
                    label_bar(axes, last_part(name), where, place, face)
        axes.set_yticks(range(len(keys)), [row_label(*key) for key in keys])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"{unit.name} from the start")
        axes.set_title("Host and device, one forward")
        legend_below(figure, names, found, _COLUMNS)
        title_above(figure, title)
        return png(figure)
