"""What pictures of bars share: a legend below them, and names in the bars that have room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samprof.report.palette import ink_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LETTERS = 130
"""About so many letters fit across the widest picture."""
_MIDDLE: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8}


def legend_height(names: Sequence[str], columns: int) -> float:
    """The room that a legend of so many columns needs, in inches."""
    return 0.24 * -(-len(names) // columns)


def legend_below(
    figure: Figure, names: Sequence[str], colors: Mapping[str, str], columns: int
) -> None:
    """The legend, below the axes."""
    from matplotlib.patches import Patch

    figure.legend(
        [Patch(color=colors[name]) for name in names],
        names,
        ncols=columns,
        frameon=False,
        fontsize=8,
        loc="outside lower center",
    )


def label_bar(axes: Axes, text: str, span: tuple[float, float], row: float, color: str) -> None:
    """Writes a name into a bar if it fits.

    Args:
        axes: with their final limits.
        text: the name.
        span: where the bar begins, and its width.
        row: of the bar.
        color: of the bar.
    """
    begin, width = span
    left, right = axes.get_xlim()
    if width / (right - left) * _LETTERS > len(text) + 1:
        axes.text(begin + width / 2, row, text, color=ink_on(color), **_MIDDLE)
