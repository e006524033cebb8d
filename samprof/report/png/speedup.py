"""A picture of the speed-up of each layer class."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from samprof.analysis.statistics.classes import UNDECIDED
from samprof.report.leaves import LEAST_SHARE
from samprof.report.palette import ACCENT, COLOR, MUTED
from samprof.report.png.canvas import canvas, png, title_above
from samprof.report.summary import Summary

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.statistics.intervals import Floats

_PALE = 0.3


def speedup_figure(summary: Summary) -> bytes:
    """The speed-up of each layer class at the largest size, beside its share of the time."""
    roles, axis = summary.roles, summary.axis
    first, last = axis.text(summary.sizes[0]), axis.text(summary.sizes[-1])
    share = roles["unit_ns_largest"] / max(float(roles["unit_ns_largest"].sum()), 1.0)
    rows = roles.assign(share=share)[share > LEAST_SHARE].sort_values("share")
    places = np.arange(len(rows))
    with canvas(1, 2, (10.0, 1.5 + 0.32 * len(rows))) as (figure, (shares, speedups)):
        shares.barh(places, 100 * rows["share"], color=COLOR)
        shares.set_yticks(places, rows["path"].tolist())
        shares.set(title="Share of the time", xlabel=f"%, at {last}")
        colors = [ACCENT if one < 1 else COLOR for one in rows["speedup"]]
        bars = speedups.barh(places, rows["speedup"], color=colors)
        undecided = (rows["class"] == UNDECIDED).tolist()
        for bar in compress(bars, undecided):
            bar.set_alpha(_PALE)
        speedups.errorbar(rows["speedup"], places, xerr=_interval(rows), fmt="none", ecolor=MUTED)
        speedups.axvline(1.0, color=MUTED, linestyle="--", linewidth=1)
        speedups.set_yticks(places, [])
        known = rows["speedup_low"].notna().any()
        speedups.set_title("Speed-up with its 95% interval" if known else "Speed-up")
        pale = "; pale: undecided" if any(undecided) else ""
        speedups.set_xlabel(f"time per {axis.unit} at {first} / at {last}{pale}")
        for axes in (shares, speedups):
            axes.grid(visible=False, axis="y")
        title_above(figure, summary.title)
        return png(figure)


def _interval(rows: pd.DataFrame) -> Floats:
    """How far the interval reaches to either side, `[2, rows]`; nowhere where there is none."""
    sides = (rows["speedup"] - rows["speedup_low"], rows["speedup_high"] - rows["speedup"])
    reach: Floats = np.stack([side.to_numpy(np.float64) for side in sides])
    return np.maximum(np.nan_to_num(reach), 0.0)
