"""Pictures of one forward: time by component, the module tree, host and device lanes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import pandas as pd

from samprof.analysis.scaling import batch_sizes_of
from samprof.report.canvas import canvas, png
from samprof.report.summary import Summary
from samprof.trace.lanes import DEVICE, HOST, WAIT
from samprof.trace.names import tree_labels
from samprof.units import common_unit, time_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FIXED = {
    "SAM": "#737373",
    "set image": "#a8a8a8",
    "predict": "#a8a8a8",
    "automatic masks": "#a8a8a8",
    "patch embedding": "#9ecae1",
    "window block": "#6baed6",
    "window attention": "#4292c6",
    "global block": "#1c64a8",
    "global attention": "#08306b",
    "norm": "#c6dbef",
    "MLP": "#41ab5d",
    "neck": "#a1d99b",
    "decoder transformer": "#e06a1b",
    "decoder attention": "#a63603",
    "decoder MLP": "#fdae6b",
    "decoder upscaling": "#fdd0a2",
    "mask head": "#d94801",
    "cropping": "#bcbddc",
    "collecting masks": "#9e9ac8",
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
SMALLEST_LABEL = 0.05
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
                if value > SMALLEST_LABEL * max(t[c].sum() for _, t, c in bars):
                    axes.text(
                        (left + value / 2) / unit.size,
                        place,
                        f"{value / whole:.0%}",
                        ha="center",
                        va="center",
                        color=ink_on(colours[name]),
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
        _legend(figure, names, colours, columns=3)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, color="#555555")
        return png(figure)


def modules_figure(summary: Summary) -> bytes:
    """The module tree as an icicle: width is time at the largest size, each level inside the last."""
    table = summary.scaling
    size = batch_sizes_of(table)[-1]
    rows = icicle_rows(table, size)
    places = icicle_begins(rows)
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
        axes.set_xlim(0, whole / unit.size)
        for row, left, name in zip(rows.to_dict("records"), places, own_names(rows), strict=True):
            span = (left / unit.size, row["time"] / unit.size)
            _label(axes, name, span, row["depth"], colours[row["role"] or row["path"]])
        axes.set_yticks([])
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        clock = "device" if summary.clock == "device" else "CPU"
        axes.set_xlabel(f"{clock} time, {unit.name}, at {summary.axis.text(size)}")
        axes.set_title("Where in the module tree the time goes")
        _legend(figure, roles, colours, columns=5)
        figure.suptitle(summary.title, x=0.01, ha="left", fontsize=10, color="#555555")
        return png(figure)


def lanes_figure(lanes: pd.DataFrame, title: str) -> bytes:
    """Host and device over time, one forward: ranges by depth above, streams of the device below.

    Args:
        lanes: as `samprof.trace.lanes.lanes_table` gives them.
        title: of what.
    """
    span = float((lanes["start_ns"] + lanes["dur_ns"]).max())
    shown = visible_bars(lanes, span)
    unit = common_unit([span])
    keys = lanes_in_order(shown)
    names = list(dict.fromkeys(shown.loc[shown["lane"] != WAIT, "component"]))
    colours = colours_of(names)
    height = 1.7 + 0.4 * len(keys) + 0.22 * ((len(names) + 4) // 5)
    with canvas(1, 1, (11.0, height)) as (figure, (axes,)):
        for place, key in enumerate(keys):
            bars = shown[(shown["lane"] == key[0]) & (shown["row"] == key[1])]
            waits = key[0] == WAIT
            axes.broken_barh(
                list(zip(bars["start_ns"] / unit.size, bars["dur_ns"] / unit.size, strict=True)),
                (place - 0.44, 0.88),
                facecolors=["#d0d0d0" if waits else colours[name] for name in bars["component"]],
                edgecolor="white",
                linewidth=0.3,
            )
        axes.set_xlim(0, span / unit.size)
        for place, key in enumerate(keys):
            bars = shown[
                (shown["lane"] == key[0]) & (shown["row"] == key[1]) & (shown["lane"] == HOST)
            ]
            for bar in bars.to_dict("records"):
                where = (bar["start_ns"] / unit.size, bar["dur_ns"] / unit.size)
                _label(axes, last_part(bar["name"]), where, place, colours[bar["component"]])
        axes.set_yticks(range(len(keys)), [lane_label(*key) for key in keys])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"{unit.name} from the start")
        axes.set_title("Host and device, one forward")
        _legend(figure, names, colours, columns=5)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, color="#555555")
        return png(figure)


def colours_of(names: list[str]) -> dict[str, str]:
    """A colour for each name: known components have theirs, others take turns."""
    taken = {_FIXED[name] for name in names if name in _FIXED}
    free = [colour for colour in _OTHERS if colour not in taken] or list(_OTHERS)
    others = cycle(free)
    return {name: _FIXED[name] if name in _FIXED else next(others) for name in names}


def visible_bars(lanes: pd.DataFrame, span: float) -> pd.DataFrame:
    """The bars of the timeline that are long enough, and not too deep, to be seen."""
    shown = lanes[(lanes["row"] <= _DEEPEST) | (lanes["lane"] != HOST)]
    return shown[shown["dur_ns"] >= span * _SMALLEST_BAR]


def lanes_in_order(bars: pd.DataFrame) -> list[tuple[str, int]]:
    """The lanes and rows that hold any bars: host by depth, its waits, streams of the device."""
    order = [HOST, WAIT, DEVICE]
    return sorted(
        set(zip(bars["lane"], bars["row"], strict=True)),
        key=lambda key: (order.index(key[0]), key[1]),
    )


def icicle_rows(scaling: pd.DataFrame, size: int) -> pd.DataFrame:
    """Path, depth, role and time at a size of the layers that the icicle shows."""
    rows = scaling[["path", "depth", "role"]].assign(time=scaling[f"time_ns_{size}"])
    shown = (rows["time"] > 0) & (rows["depth"] <= _DEEPEST)
    return rows[shown].reset_index(drop=True)


def icicle_begins(rows: pd.DataFrame) -> list[float]:
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


def own_names(rows: pd.DataFrame) -> list[str]:
    """What each path adds to that of the row above it in the tree."""
    return [label.strip() for label in tree_labels(rows["path"], rows["depth"])]


def last_part(path: str) -> str:
    """The end of a qualified name; of a numbered module with the list that it is in."""
    *outer, last = path.split(".")
    return f"{outer[-1]}.{last}" if last.isdecimal() and outer else last


def lane_label(lane: str, row: int) -> str:
    """What a row of the timeline holds."""
    return {HOST: f"host, depth {row}", WAIT: "host waits"}.get(lane, f"device, stream {row}")


def _legend(figure: Figure, names: list[str], colours: Mapping[str, str], columns: int) -> None:
    from matplotlib.patches import Patch

    figure.legend(
        [Patch(color=colours[name]) for name in names],
        names,
        ncols=columns,
        frameon=False,
        fontsize=8,
        loc="outside lower center",
    )


def _label(axes: Axes, text: str, span: tuple[float, float], row: float, colour: str) -> None:
    """Writes a name into a bar if it fits; about 130 letters fit across the picture."""
    begin, width = span
    left, right = axes.get_xlim()
    if width / (right - left) * 130 > len(text) + 1:
        ink = ink_on(colour)
        axes.text(begin + width / 2, row, text, ha="center", va="center", fontsize=8, color=ink)


def ink_on(colour: str) -> str:
    """Black or white, whichever is read better on the colour (ITU-R BT.601 luma)."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "white"
