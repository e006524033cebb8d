"""What the charts of the page have in common: how one is drawn, how its legend filters it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from samprof.errors import MissingPackageError
from samprof.printable import printable

if TYPE_CHECKING:
    import altair

Rows = list[dict[str, Any]]

GREY = "#767676"
_TEXT = "#444444"
_LIGHTEST = 150
# Drawn for white paper; the page inverts the lightness in dark mode.
CONFIG = {
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": _TEXT,
        "titleColor": _TEXT,
        "gridColor": "#e4e4e4",
        "domainColor": "#b5b5b5",
        "tickColor": "#b5b5b5",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "legend": {
        "labelColor": _TEXT,
        "titleColor": _TEXT,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "orient": "bottom",
    },
    "text": {"color": _TEXT, "fontSize": 12},
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart of the page.

    Attributes:
        title: above it.
        spec: Vega-Lite; its parameter `picked` holds the names that the legend picked.
        legend: name -> colour.
        note: below it.
    """

    title: str
    spec: Mapping[str, Any]
    legend: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


def drawing(
    chart: altair.Chart | altair.LayerChart,
    title: str,
    height: int,
    legend: Mapping[str, str] | None = None,
    note: str = "",
) -> Drawing:
    """The chart, as wide as its place on the page.

    Args:
        chart: without width and height.
        title: above it, and read out by screen readers.
        height: of the plot, in pixels.
        legend: name -> colour.
        note: below it.
    """
    sized = chart.properties(
        width="container", height=height, background="transparent", description=title
    )
    spec: dict[str, Any] = _as_shown(sized.to_dict())
    spec["config"] = CONFIG  # instead of the theme that a notebook may have set for its own charts
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    spec["params"] = [*spec.get("params", []), {"name": "picked", "value": []}]
    return Drawing(title, spec, legend or {}, note)


def _as_shown(value: Any) -> Any:
    """The same value with every text as the page shows it, so that legend and marks agree."""
    if isinstance(value, dict):
        return {key: _as_shown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_shown(inner) for inner in value]
    return printable(value) if isinstance(value, str) else value


def vega(operation: str = "report") -> Any:
    """The module altair.

    Args:
        operation: what needs it.

    Raises:
        MissingPackageError: it is not installed.
    """
    try:
        return importlib.import_module("altair")
    except ImportError:
        raise MissingPackageError(operation, "altair", "report") from None


def data_of(rows: Rows) -> Any:
    """Rows as data of a chart: numbers with five digits, and null where there is none."""
    short = [{key: _short(value) for key, value in row.items()} for row in rows]
    return vega().InlineData(values=short)


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.5g}") if isfinite(value) else None
    return value


def inked(colors: Mapping[str, str]) -> dict[str, str]:
    """Colours for areas made dark enough for thin lines and small points on white paper.

    Example:
        >>> inked({"norm": "#c6dbef", "MLP": "#000000"})
        {'norm': '#8a99a7', 'MLP': '#000000'}
    """
    return {name: _inked(color) for name, color in colors.items()}


def _inked(color: str) -> str:
    parts = [int(color[place : place + 2], 16) for place in (1, 3, 5)]
    luma = sum(w * part for w, part in zip((0.299, 0.587, 0.114), parts, strict=True))
    factor = min(1.0, _LIGHTEST / max(luma, 1))
    return "#" + "".join(f"{round(part * factor):02x}" for part in parts)


def color_by(name: str, colors: Mapping[str, str]) -> Any:
    """The colour of a mark by a field; the legend is the page's own."""
    alt = vega()
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    return alt.Color(f"{name}:N", scale=scale, legend=None)


def faded_unless_picked(name: str, opacity: float = 1.0) -> Any:
    """Full opacity where the legend picked the field's value, or nothing."""
    alt = vega()
    test = f"length(picked) == 0 || indexof(picked, datum.{name}) >= 0"
    return alt.condition(test, alt.value(opacity), alt.value(0.08))


def tips(**titles: str) -> list[Any]:
    """A tooltip: field -> what it is called there."""
    alt = vega()
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]


def size_axis(sizes: Sequence[int], label: str) -> Any:
    """The horizontal axis of sizes: logarithmic, ticks at the sizes."""
    alt = vega()
    return alt.X(
        "size:Q",
        title=label,
        scale=alt.Scale(type="log", base=2, nice=False, domain=[sizes[0], sizes[-1]], padding=14),
        axis=alt.Axis(values=list(sizes), format="d", grid=False),
    )


def left_out_text(count: int) -> str:
    """Says how many layers a chart has no room for.

    Example:
        >>> left_out_text(3), left_out_text(0)
        ('3 layers with less time are not shown.', '')
    """
    return f"{count} layers with less time are not shown." if count else ""
