"""Colours of names: those handed down with the model's labels, else a neutral cycle."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from samprof.trace.tables.component_labels import IDLE, OTHER, TRANSFERS, WAITS

COLOR, ACCENT, MUTED, CAPTION = "#2f6db3", "#c2541f", "#888888", "#555555"
WAIT_COLOR = "#d0d0d0"
_ANYWHERE = {OTHER: "#9a9a9a", TRANSFERS: "#d48fb8", WAITS: WAIT_COLOR, IDLE: "#ececec"}
_CYCLE = (COLOR, ACCENT, "#41b6a6", "#8c6bb1", "#e0a030", "#b03a62", "#7a9a3a", "#5a4a3a")
_FADES = 0.6
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def colors_of(names: Sequence[str], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """A colour for each name.

    Args:
        names: without repetition, in the order of the legend.
        known: name -> colour; what is no `#rrggbb` is ignored, since it may come from a file.

    Example:
        >>> colors_of(["MLP", "other"], {"MLP": "#41ab5d"})
        {'MLP': '#41ab5d', 'other': '#2f6db3'}
    """
    fixed = _ANYWHERE | {n: c for n, c in (known or {}).items() if _HEX.fullmatch(str(c))}
    taken = {fixed[name] for name in names if name in fixed}
    others = _others([color for color in _CYCLE if color not in taken] or _CYCLE)
    return {name: fixed[name] if name in fixed else next(others) for name in names}


def _others(colors: Sequence[str]) -> Iterator[str]:
    """The colours, and then again and again lighter ones: none comes twice."""
    for shade in count():
        yield from (_lighter(color, _FADES**shade) for color in colors)


def _lighter(color: str, ink: float) -> str:
    parts = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * ink):02x}" for part in parts)


def ink_on(color: str) -> str:
    """Black or white, whichever is easier to read on the colour (ITU-R BT.601 luma).

    Example:
        >>> ink_on("#ffffff"), ink_on("#08306b")
        ('black', 'white')
    """
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "white"
