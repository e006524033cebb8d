"""A picture of the module tree."""

from __future__ import annotations

from typing import Any

from samprof.report.icicle import icicle_begins, icicle_rows, own_names
from samprof.report.leaves import role_names
from samprof.report.palette import colors_of
from samprof.report.png.canvas import canvas, png, title_above
from samprof.report.png.labels import label_bar, legend_below, legend_height
from samprof.report.summary import Summary
from samprof.units import common_unit

_COLUMNS = 5
_BOX: dict[str, Any] = {"height": 0.94, "edgecolor": "white", "linewidth": 0.6}


def modules_figure(summary: Summary) -> bytes:
    """The module tree as an icicle: width is time at the largest size, each level inside the last."""
    size = max(summary.sizes, default=0)
    rows = icicle_rows(summary.times, size)
    begins, names, kinds = icicle_begins(rows), own_names(rows), role_names(rows)
    roles = list(dict.fromkeys(kinds))
    colors = colors_of(roles, summary.colors)
    whole = max(float(rows.loc[rows["depth"] == 0, "time_ns"].sum()), 1.0)
    unit = common_unit([whole])
    levels = int(rows["depth"].max()) + 1 if len(rows) else 1
    height = 1.7 + 0.62 * levels + legend_height(roles, _COLUMNS)
    with canvas(1, 1, (11.0, height)) as (figure, (axes,)):
        axes.set_xlim(0, whole / unit.size)
        places = zip(rows["depth"], begins, rows["time_ns"], names, kinds, strict=True)
        for depth, begin, time, name, kind in places:
            span, color = (begin / unit.size, time / unit.size), colors[kind]
            axes.barh(depth, span[1], left=span[0], color=color, **_BOX)
            label_bar(axes, name, span, depth, color)
        axes.set_yticks([])
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"{summary.time_name}, {unit.name}, at {summary.axis.text(size)}")
        axes.set_title("Where in the module tree the time goes")
        legend_below(figure, roles, colors, _COLUMNS)
        title_above(figure, summary.title)
        return png(figure)
