"""Paths that are too long for their column: they show their end."""

from collections.abc import Sequence

from rich.cells import cell_len

SEPARATORS = (" > ", ".")
_CUT = "…"
_FULL_ENOUGH = 0.5
_LEAST_NAME = 8


def shortened(label: str, width: int) -> str:
    """The label in so many columns, without its beginning where it is too long.

    It is cut before a part of the path, if that fills half of what a cut inside a part would. Of an
    indented label the name is cut, and the indentation only where hardly a name would be left.

    Example:
        >>> shortened("generate_masks > predict > mask_decoder.transformer", 30)
        '… > mask_decoder.transformer'
        >>> shortened("    sam.image_encoder.blocks.10.attn", 20)
        '    ….blocks.10.attn'
    """
    if cell_len(label) <= width:
        return label
    name = label.lstrip(" ")
    indent = min(len(label) - len(name), max(width - min(cell_len(name), _LEAST_NAME), 0))
    room = width - indent
    if cell_len(name) <= room:
        return " " * indent + name
    tail = _tail(name, room - len(_CUT)).removeprefix(">")
    starts = [tail.find(separator) for separator in SEPARATORS]
    part = tail[min((start for start in starts if start >= 0), default=0) :]
    shown = part if cell_len(part) >= _FULL_ENOUGH * cell_len(tail) else tail
    return " " * indent + _CUT + shown


def distinct_width(labels: Sequence[str], least: int) -> int:
    """The fewest columns, from `least` on, in which no two names look the same."""
    low, high = least, max([least, *map(cell_len, labels)])
    while low < high:
        middle = (low + high) // 2
        if _are_distinct(labels, middle):
            high = middle
        else:
            low = middle + 1
    return low


def _are_distinct(labels: Sequence[str], width: int) -> bool:
    names: dict[str, str] = {}
    for label in labels:
        shown, name = shortened(label, width).lstrip(" "), label.lstrip(" ")
        if names.setdefault(shown, name) != name:
            return False
    return True


def _tail(text: str, width: int) -> str:
    """The end of the text, in so many columns."""
    if text.isascii():
        return text[max(len(text) - width, 0) :]
    start = len(text)
    while start and cell_len(text[start - 1 :]) <= width:
        start -= 1
    return text[start:]
