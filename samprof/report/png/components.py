"""A picture of the components: a stacked bar per variant, host beside device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samprof.report.component_bars import SMALLEST_LABEL, component_pieces
from samprof.report.palette import colors_of, ink_on
from samprof.report.png.canvas import canvas, png, title_above
from samprof.report.png.labels import legend_below, legend_height
from samprof.units import common_unit, time_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_COLUMNS = 3
_MIDDLE: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 9}


def components_figure(
    tables: Mapping[str, pd.DataFrame], title: str, colors: Mapping[str, str] | None = None
) -> bytes:
    """Time by component: a stacked bar per variant, host beside device.

    Args:
        tables: variant -> component table.
        title: of what.
        colors: of known components.
    """
    pieces = component_pieces(tables)
    bars = list(dict.fromkeys(piece.bar for piece in pieces))
    ends = {piece.bar: piece.end_ns for piece in pieces}
    names = list(dict.fromkeys(piece.component for piece in pieces))
    found = colors_of(names, colors)
    widest = max(ends.values(), default=1.0)
    unit = common_unit([widest])
    height = 1.5 + 0.55 * len(bars) + legend_height(names, _COLUMNS)
    with canvas(1, 1, (9.0, height)) as (figure, (axes,)):
        for piece in pieces:
            place, color = bars.index(piece.bar), found[piece.component]
            begin, width = piece.begin_ns / unit.size, piece.time_ns / unit.size
            axes.barh(place, width, left=begin, color=color)
            if piece.time_ns > SMALLEST_LABEL * widest:
                text = f"{piece.share:.0%}"
                axes.text(begin + width / 2, place, text, color=ink_on(color), **_MIDDLE)
        for place, bar in enumerate(bars):
            end = ends[bar]
            axes.text(end / unit.size, place, f" {time_text(end)}", va="center", fontsize=9)
        axes.set_yticks(range(len(bars)), [bar or "all" for bar in bars])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.margins(x=0.12)
        axes.set_xlabel(unit.name)
        axes.set_title("Time by component")
        legend_below(figure, names, found, _COLUMNS)
        title_above(figure, title)
        return png(figure)
