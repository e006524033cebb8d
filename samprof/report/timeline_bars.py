"""The timeline of one forward as bars: which are shown, in which rows, under which names."""

import pandas as pd

from samprof.trace.tables.timeline import DEVICE, HOST, WAIT

_SMALLEST_BAR = 0.0005
_DEEPEST = 4


def visible_bars(timeline: pd.DataFrame, span: float) -> pd.DataFrame:
    """The bars of the timeline that are long enough, and not too deep, to be seen."""
    shown = timeline[(timeline["row"] <= _DEEPEST) | (timeline["track"] != HOST)]
    return shown[shown["dur_ns"] >= span * _SMALLEST_BAR]


def rows_in_order(bars: pd.DataFrame) -> list[tuple[str, int]]:
    """The tracks and rows that hold any bars: host by depth, its waits, streams of the device."""
    order = [HOST, WAIT, DEVICE]
    return sorted(
        set(zip(bars["track"], bars["row"], strict=True)),
        key=lambda key: (order.index(key[0]), key[1]),
    )


def row_label(track: str, row: int) -> str:
    """What a row of the timeline holds.

    Example:
        >>> row_label(HOST, 1), row_label(DEVICE, 7)
        ('host, depth 1', 'device, stream 7')
    """
    return {HOST: f"host, depth {row}", WAIT: "host waits"}.get(track, f"device, stream {row}")


def last_part(path: str) -> str:
    """The end of a qualified name; a numbered module keeps the name of its list.

    Example:
        >>> last_part("encoder.neck"), last_part("encoder.blocks.3")
        ('neck', 'blocks.3')
    """
    *outer, last = path.split(".")
    return f"{outer[-1]}.{last}" if last.isdecimal() and outer else last
