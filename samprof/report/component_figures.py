"""Pictures of one forward: time by component, the module tree, host and device lanes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from samprof.analysis.scaling import batch_sizes_of
from samprof.report.canvas import canvas, png
from samprof.report.summary import Summary
from samprof.units import common_unit, time_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FIXED = {
    "preprocessing": "#8c6bb1",
    "image encoder": "#2f6db3",
    "prompt encoder": "#41b6a6",
    "mask decoder": "#c2541f",
    "mask upsampling": "#e0a030",
    "filtering": "#7a9a3a",
    "box NMS": "#b03a62",
    "RLE": "#5a4a3a",
    "other host work": "#9a9a9a",
    "transfers": "#d48fb8",
    "synchronisation waits": "#d0d0d0",
    "device idle": "#ececec",
}
_OTHERS = ("#2f6db3", "#c2541f", "#41b6a6", "#8c6bb1", "#e0a030", "#b03a62", "#7a9a3a", "#5a4a3a")
_SMALLEST_LABEL = 0.05
_SMALLEST_BAR = 0.0005
_DEEPEST = 4


def components_figure(tables: Mapping[str, pd.DataFrame], title: str) -> bytes:
    """Time by component: a stacked bar a variant and clock, host beside device.

    Args:
        tables: variant -> component table.
        title: of what.
    """
    bars: list[tuple[str, pd.DataFrame, str]] = []
    for variant, table in tables.items():
        has_device = bool(table["device_ns"].any())
        for clock in ("host", "device") if has_device else ("host",):
            label = " ".join(part for part in (variant, clock if has_device else "") if part)
            bars.append((label, table, f"{clock}_ns"))
    names = list(dict.fromkeys(name for table in tables.values() for name in table["component"]))
    names = [n for n in names if any(t.loc[t["component"] == n, c].sum() for _, t, c in bars)]
    colours = colours_of(names)
    unit = common_unit(table[column].sum() for _, table, column in bars)
    height = 1.5 + 0.55 * len(bars) + 0.24 * ((len(names) + 2) // 3)
    with canvas(1, 1, (9.0, height)) as (figure, (axes,)):
        for place, (_, table, column) in enumerate(bars):
            left, whole = 0.0, float(table[column].sum())
            for name in names:
                value = float(table.loc[table["component"] == name, column].sum())
                axes.barh(place, value / unit.size, left=left / unit.size, color=colours[name])
                if value > _SMALLEST_LABEL * max(t[c].sum() for _, t, c in bars):
                    axes.text(
                        (left + value / 2) / unit.size,
                        place,
                        f"{value / whole:.0%}",
                        ha="center",
                        va="center",
                        color=_ink(colours[name]),
                        fontsize=9,
                    )
                left += value
            axes.text(left / unit.size, place, f" {time_text(left)}", va="center", fontsize=9)
        axes.set_yticks(range(len(bars)), [label or "all" for label, _, _ in bars])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.margins(x=0.12)
        axes.set_xlabel(unit.name)
        axes.set_title("Time by component")
        _legend(axes, names, colours, columns=3)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, color="#555555")
        return png(figure)


def modules_figure(summary: Summary) -> bytes:
    """The module tree as an icicle: width is time at the largest size, each level inside the last."""
    table = summary.scaling
    size = batch_sizes_of(table)[-1]
    rows = table[["path", "depth", "role"]].assign(time=table[f"time_ns_{size}"])
    rows = rows[(rows["time"] > 0) & (rows["depth"] <= _DEEPEST)].reset_index(drop=True)
    places = _icicle(rows)
    roles = list(
        dict.fromkeys(role or path for role, path in zip(rows["role"], rows["path"], strict=True))
    )
    colours = colours_of(roles)
    whole = max(float(rows.loc[rows["depth"] == 0, "time"].sum()), 1.0)
    unit = common_unit([whole])
    levels = int(rows["depth"].max()) + 1 if len(rows) else 1
    with canvas(1, 1, (11.0, 1.7 + 0.62 * levels + 0.22 * ((len(roles) + 4) // 5))) as (
        figure,
        (axes,),
    ):
        for row, left in zip(rows.to_dict("records"), places, strict=True):
            colour = colours[row["role"] or row["path"]]
            axes.barh(
                row["depth"],
                row["time"] / unit.size,
                left=left / unit.size,
                height=0.94,
                color=colour,
                edgecolor="white",
                linewidth=0.6,
            )
            label = str(row["path"]).rpartition(".")[2] if row["depth"] else str(row["path"])
            # About 130 letters fit across.
            if row["time"] / whole * 130 > len(label) + 1:
                middle = (left + row["time"] / 2) / unit.size
                axes.text(
                    middle,
                    row["depth"],
                    label,
                    ha="center",
                    va="center",
                    fontsize=8,
                    color=_ink(colour),
                )
        axes.set_yticks([])
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        clock = "device" if summary.clock == "device" else "CPU"
        axes.set_xlabel(f"{clock} time, {unit.name}, at {summary.axis.text(size)}")
        axes.set_title("Where in the module tree the time goes")
        _legend(axes, roles, colours, columns=5)
        figure.suptitle(summary.title, x=0.01, ha="left", fontsize=10, color="#555555")
        return png(figure)


def lanes_figure(lanes: pd.DataFrame, title: str) -> bytes:
    """Host and device over time, one forward: ranges by depth above, streams of the device below.

    Args:
        lanes: as `samprof.trace.lanes.lanes_table` gives them.
        title: of what.
    """
    span = float((lanes["start_ns"] + lanes["dur_ns"]).max())
    shown = lanes[(lanes["row"] <= _DEEPEST) | (lanes["lane"] != "host")]
    shown = shown[shown["dur_ns"] >= span * _SMALLEST_BAR]
    unit = common_unit([span])
    keys = sorted(
        set(zip(shown["lane"], shown["row"], strict=True)),
        key=lambda key: (["host", "wait", "device"].index(key[0]), key[1]),
    )
    names = list(dict.fromkeys(shown.loc[shown["lane"] != "wait", "component"]))
    colours = colours_of(names)
    height = 1.7 + 0.4 * len(keys) + 0.22 * ((len(names) + 4) // 5)
    with canvas(1, 1, (11.0, height)) as (figure, (axes,)):
        for place, key in enumerate(keys):
            bars = shown[(shown["lane"] == key[0]) & (shown["row"] == key[1])]
            waits = key[0] == "wait"
            axes.broken_barh(
                list(zip(bars["start_ns"] / unit.size, bars["dur_ns"] / unit.size, strict=True)),
                (place - 0.44, 0.88),
                facecolors=["#d0d0d0" if waits else colours[name] for name in bars["component"]],
                edgecolor="white",
                linewidth=0.3,
            )
        axes.set_yticks(range(len(keys)), [_lane_label(*key) for key in keys])
        axes.invert_yaxis()
        axes.set_xlim(0, span / unit.size)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"{unit.name} from the start")
        axes.set_title("Host and device, one forward")
        _legend(axes, names, colours, columns=5)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, color="#555555")
        return png(figure)


def colours_of(names: list[str]) -> dict[str, str]:
    """A colour for each name: known components have theirs, others take turns."""
    others = iter(_OTHERS * (len(names) // len(_OTHERS) + 1))
    return {name: _FIXED[name] if name in _FIXED else next(others) for name in names}


def _icicle(rows: pd.DataFrame) -> list[float]:
    """Where each row begins: after its elder siblings, inside its parent."""
    begins: list[float] = []
    cursor = [0.0]
    for depth, time in zip(rows["depth"], rows["time"], strict=True):
        del cursor[int(depth) + 1 :]
        begin = cursor[-1]
        begins.append(begin)
        cursor[-1] += float(time)
        cursor.append(begin)
    return begins


def _lane_label(lane: str, row: int) -> str:
    return {"host": f"host, depth {row}", "wait": "host waits"}.get(lane, f"device, stream {row}")


def _legend(axes: Axes, names: list[str], colours: Mapping[str, str], columns: int) -> None:
    from matplotlib.patches import Patch

    axes.legend(
        [Patch(color=colours[name]) for name in names],
        names,
        ncols=columns,
        frameon=False,
        fontsize=8,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.14 - 0.5 / max(float(np.ptp(axes.get_ylim())), 1.0)),
    )


def _ink(colour: str) -> str:
    """Black or white, whichever is read better on the colour (ITU-R BT.601 luma)."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "white"
