"""A part of a table of layers: what lies inside one path, down to a depth."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import pandas as pd

_SEPARATORS = (".", " > ")
_MOST_NEAR = 3


def part_of(table: pd.DataFrame, depth: int | None = None, root: str | None = None) -> pd.DataFrame:
    """The rows of a path and inside it, down to a depth.

    Args:
        table: any table with the columns path and depth; a path may have several rows.
        depth: rows down to this one, counted from the root where there is one; None for all.
        root: the path; None for the whole table.

    Returns:
        The rows; below a root, their depth is counted from it.

    Example:
        >>> layers = pd.DataFrame({"path": ["net", "net.a", "net.a.b", "net.ab"], "depth": [0, 1, 2, 1]})
        >>> part_of(layers, root="net.a")["depth"].tolist()
        [0, 1]
    """
    if root is not None:
        rows = table[is_inside(table["path"], root)]
        top = table.loc[table["path"] == root, "depth"].min()
        table = rows.assign(depth=(rows["depth"] - top).clip(lower=0))
    return table if depth is None else table[table["depth"] <= depth]


def holders(table: pd.DataFrame) -> set[str]:
    """Paths that are followed by a deeper row, in the order in which layers were entered.

    Example:
        >>> holders(pd.DataFrame({"path": ["net", "net.a", "net.b"], "depth": [0, 1, 1]}))
        {'net'}
    """
    rows = table.drop_duplicates("path")
    return set(rows["path"][rows["depth"].shift(-1, fill_value=0) > rows["depth"]])


def is_inside(paths: pd.Series, root: str) -> pd.Series:
    """For each path whether it is the root, or begins with it."""
    beginnings = tuple(root + separator for separator in _SEPARATORS)
    return (paths == root) | paths.str.startswith(beginnings)


def nearest(root: str, paths: Iterable[str]) -> list[str]:
    """The paths that someone may have meant, at most three.

    Example:
        >>> nearest("mask_decodr", ["sam", "sam.image_encoder", "sam.mask_decoder"])
        ['sam.mask_decoder']
    """
    known = list(dict.fromkeys(map(str, paths)))
    ends = [path for path in known if path.endswith(tuple(s + root for s in _SEPARATORS))]
    if ends:
        return ends[:_MOST_NEAR]
    whole = difflib.get_close_matches(root, known, _MOST_NEAR)
    names = {path.replace(" > ", ".").rpartition(".")[2]: path for path in reversed(known)}
    last = [names[name] for name in difflib.get_close_matches(root, names, _MOST_NEAR)]
    return list(dict.fromkeys([*whole, *last]))[:_MOST_NEAR]
