"""Figures in samprof's style, drawn without touching any global state."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.errors import MissingPackageError
from samprof.printable import printable
from samprof.report.palette import CAPTION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 144
_STYLE = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "text.parse_math": False,
}


class canvas:  # noqa: N801 - used like a function
    """A figure with its axes, in samprof's style; closed afterwards. Touches no global state."""

    def __init__(self, rows: int, columns: int, size: tuple[float, float]) -> None:
        try:
            import matplotlib as mpl
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure
        except ImportError:
            raise MissingPackageError("figures", "matplotlib", "report") from None
        self._context = mpl.rc_context(_STYLE)  # type: ignore[arg-type]
        self._shape = (rows, columns)
        self._make: Any = lambda: Figure(figsize=size, layout="constrained")
        self._canvas: Any = FigureCanvasAgg

    def __enter__(self) -> tuple[Figure, Sequence[Axes]]:
        self._context.__enter__()
        figure = self._make()
        self._canvas(figure)
        return figure, np.atleast_1d(figure.subplots(*self._shape)).ravel().tolist()

    def __exit__(self, *error: object) -> None:
        self._context.__exit__(None, None, None)


def title_above(figure: Figure, title: str) -> None:
    """Says above everything what the figure is of."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, color=CAPTION)


def png(figure: Figure) -> bytes:
    """The figure as PNG, its names printable."""
    _show_printable(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    return buffer.getvalue()


def _show_printable(figure: Figure) -> None:
    """Makes every text of the figure printable: its ticks, legends, titles and names."""
    from matplotlib.text import Text
    from matplotlib.ticker import FixedLocator

    for text in figure.findobj(Text):
        text.set_text(printable(text.get_text()))
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if isinstance(axis.get_major_locator(), FixedLocator):  # its labels are drawn anew
                labels = [printable(label.get_text()) for label in axis.get_ticklabels()]
                axis.set_ticks(axis.get_majorticklocs(), labels)
