"""Pictures of why: the roofline with the layers on it, and what each layer class gains."""

from __future__ import annotations

import numpy as np
import pandas as pd

from samprof.analysis.axis import Axis
from samprof.analysis.roofline import Roof
from samprof.analysis.scaling import batch_sizes_of
from samprof.report.canvas import ACCENT, canvas, png
from samprof.report.component_figures import colours_of
from samprof.units import digits, rate_text

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LEAST_SHARE = 0.002
_LOSS = "#9a9a9a"


def roofline_figure(table: pd.DataFrame, roof: Roof | None, title: str, axis: Axis) -> bytes:
    """FLOP/s against FLOPs a byte: one colour a role, one marker a size, below the device's roof.

    Args:
        table: as `samprof.analysis.roofline.roofline` gives it; layers of hardly any time are left
            out, and so are rows that hold other rows.
        roof: of the device; without, there is no line.
        title: of what.
        axis: what the sizes count.
    """
    rows = roofline_rows(table)
    roles = list(
        dict.fromkeys(role or path for role, path in zip(rows["role"], rows["path"], strict=True))
    )
    colours = colours_of(roles)
    sizes = sorted(rows["batch_size"].unique().tolist())
    with canvas(1, 1, (8.5, 5.6)) as (figure, (axes,)):
        for row in rows.to_dict("records"):
            axes.plot(
                row["intensity"],
                row["flops_per_s"],
                _MARKERS[sizes.index(row["batch_size"]) % len(_MARKERS)],
                color=colours[row["role"] or row["path"]],
                markersize=7,
                alpha=0.85,
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        if roof is not None:
            low, high = axes.get_xlim()
            x = np.geomspace(min(low, roof.ridge / 4), max(high, roof.ridge * 4), 200)
            axes.plot(x, np.minimum(roof.flops_per_s, x * roof.bytes_per_s), color="#444444")
            axes.annotate(
                f"{rate_text(roof.flops_per_s)} measured",
                (x[-1], roof.flops_per_s),
                xytext=(0, 5),
                textcoords="offset points",
                ha="right",
                color="#444444",
            )
            axes.annotate(
                f"{rate_text(roof.bytes_per_s, 'B/s')}",
                (x[0], x[0] * roof.bytes_per_s),
                xytext=(6, -4),
                textcoords="offset points",
                va="top",
                color="#444444",
            )
        axes.xaxis.set_major_formatter(lambda value, _: digits(value))
        axes.yaxis.set_major_formatter(lambda value, _: rate_text(value))
        axes.set(xlabel="FLOPs a byte", title="Roofline")
        handles = [axes.plot([], [], "o", color=colours[role], label=role)[0] for role in roles]
        handles += [
            axes.plot([], [], _MARKERS[i % len(_MARKERS)], color="#666666", label=axis.text(size))[
                0
            ]
            for i, size in enumerate(sizes)
        ]
        figure.legend(handles=handles, loc="outside right upper", frameon=False, fontsize=8)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, color="#555555")
        return png(figure)


def gains_figure(roles: pd.DataFrame, title: str, axis: Axis) -> bytes:
    """What each layer class gains from the largest size, beside its share of the time.

    Args:
        roles: as `Run.roles` gives it.
        title: of what.
        axis: what the sizes count.
    """
    first, *_, last = batch_sizes_of(roles)
    share = roles[f"image_ns_{last}"] / max(float(roles[f"image_ns_{last}"].sum()), 1.0)
    rows = roles.assign(share=share)[share > LEAST_SHARE].sort_values("share")
    with canvas(1, 2, (10.0, 1.5 + 0.32 * len(rows))) as (figure, (shares, gains)):
        places = np.arange(len(rows))
        shares.barh(places, 100 * rows["share"], color="#2f6db3")
        shares.set_yticks(places, rows["path"].tolist())
        shares.set(title="Share of the time", xlabel=f"%, at {axis.text(last)}")
        colours = [ACCENT if gain < 1 else "#2f6db3" for gain in rows["gain"]]
        gains.barh(places, rows["gain"], color=colours)
        gains.axvline(1.0, color=_LOSS, linestyle="--", linewidth=1)
        gains.set_yticks(places, [])
        gains.set(
            title="Gain", xlabel=f"time of {axis.an_unit} at {axis.text(first)} over that at {last}"
        )
        for axes in (shares, gains):
            axes.grid(visible=False, axis="y")
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, color="#555555")
        return png(figure)


def roofline_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a roofline table that a picture shows: with work and time, and not shown by others."""
    rows = table[~table["path"].isin(holders(table))]
    whole = table[table["depth"] == 0].groupby("batch_size")["time_ns"].sum()
    rows = rows[rows["time_ns"] > rows["batch_size"].map(whole) * LEAST_SHARE]
    return rows[(rows["intensity"] > 0) & (rows["flops_per_s"] > 0)]


def holders(table: pd.DataFrame) -> set[str]:
    """Paths that are followed by a deeper row: their work is shown by the rows below."""
    rows = table.drop_duplicates("path")
    return set(rows["path"][rows["depth"].shift(-1, fill_value=0) > rows["depth"]])
