"""The roofline with the layers on it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.report.leaves import above_roof_text, role_names, roofline_leaves
from samprof.report.palette import colors_of
from samprof.report.png.canvas import canvas, png, title_above
from samprof.units import digits, rate_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from samprof.analysis.device.roofline import Roof
    from samprof.report.summary import Summary

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_POINT: dict[str, Any] = {"markersize": 7, "alpha": 0.85}
_ROOF: dict[str, Any] = {"color": "#444444"}


def roofline_figure(summary: Summary) -> bytes:
    """FLOP/s against FLOPs per byte: one colour per role, one marker per size, below the roof.

    Layers that take hardly any time are left out, and so are rows that hold other rows. Where the
    peaks of the device are not known there is no roof.
    """
    rows = roofline_leaves(summary.roofline)
    kinds, sizes = role_names(rows), sorted(rows["size"].unique().tolist())
    markers = {size: _MARKERS[place % len(_MARKERS)] for place, size in enumerate(sizes)}
    colors = colors_of(list(dict.fromkeys(kinds)), summary.colors)
    with canvas(1, 1, (8.5, 5.6)) as (figure, (axes,)):
        places = zip(rows["intensity"], rows["flops_per_s"], rows["size"], kinds, strict=True)
        for intensity, rate, size, kind in places:
            axes.plot(intensity, rate, markers[size], color=colors[kind], **_POINT)
        axes.set_xscale("log")
        axes.set_yscale("log")
        if summary.roof is not None:
            _draw_roof(axes, summary.roof, summary.peak_source)
        axes.xaxis.set_major_formatter(lambda value, _: digits(value))
        axes.yaxis.set_major_formatter(lambda value, _: rate_text(value))
        pairs = zip(rows["intensity"], rows["flops_per_s"], strict=True)
        above = textwrap.fill(above_roof_text(summary.roof, pairs), 80)
        axes.set(xlabel=f"FLOPs per byte\n{above}".rstrip(), title="Roofline")
        handles = [axes.plot([], [], "o", color=c, label=name)[0] for name, c in colors.items()]
        handles += [
            axes.plot([], [], marker, color="#666666", label=summary.axis.text(size))[0]
            for size, marker in markers.items()
        ]
        figure.legend(handles=handles, loc="outside right upper", frameon=False, fontsize=8)
        title_above(figure, summary.title)
        return png(figure)


def _draw_roof(axes: Axes, roof: Roof, source: str) -> None:
    """The most that the device can do at each intensity, with its two peaks."""
    low, high = axes.get_xlim()
    x = np.geomspace(min(low, roof.ridge / 4), max(high, roof.ridge * 4), 200)
    axes.plot(x, np.minimum(roof.flops_per_s, x * roof.bytes_per_s), **_ROOF)
    beside = {"textcoords": "offset points", **_ROOF}
    flops, moved = rate_text(roof.flops_per_s), rate_text(roof.bytes_per_s, "B/s")
    ends = ((x[-1], roof.flops_per_s), (x[0], x[0] * roof.bytes_per_s))
    axes.annotate(f"{flops}, {source}", ends[0], xytext=(0, 5), ha="right", **beside)
    axes.annotate(moved, ends[1], xytext=(6, -4), va="top", **beside)
