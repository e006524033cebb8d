"""Which rows of two traces are the same layer: by which ranges, and below which names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from samprof.trace.model.names import OWNERLESS_NAMES
from samprof.trace.model.ranges import By

LAYER_KINDS: tuple[By, ...] = ("samprof", "module", "annotation")
"""Kinds of range that layers come from, the best first."""
KIND_WORDS = {
    "samprof": "samprof's ranges",
    "module": "modules of Python stacks",
    "annotation": "user annotations",
    "op": "ops",
}
STEP = "ProfilerStep"
_STEP_NUMBER = re.compile(rf"(^| > ){STEP}#[0-9]+")
_LEAST_OF_RANGES = 0.1
_LEAST_OF_ANNOTATIONS = 0.5
"""The part of each side's time that must be in layers that both have: of the time in modules, and of
all time for annotations, of which torch writes some by itself (optimizer, data loader, collectives)."""
Rows = Callable[[By], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Move:
    """How the paths of one side are changed so that its layers have the names of the other side.

    Attributes:
        old: the path below which they are there.
        new: the path that takes its place.
        depth: what is added to their depth.
    """

    old: str
    new: str
    depth: int

    def path(self, path: str, separator: str) -> str:
        """Where this path is then.

        Example:
            >>> Move("encoder", "image_encoder", 0).path("encoder.neck", ".")
            'image_encoder.neck'
        """
        inside = path == self.old or path.startswith(self.old + separator)
        return self.new + path[len(self.old) :] if inside else path


@dataclass(frozen=True, slots=True)
class Alignment:
    """How the rows of two traces are matched.

    Attributes:
        by: samprof, module, annotation or op.
        moves: of each side; None where its paths stay as they are.
        shared: how many paths both have.
    """

    by: By
    moves: tuple[Move | None, Move | None] = (None, None)
    shared: int = 0


def separator_of(by: str) -> str:
    """What stands between the names in a path."""
    return "." if by == "samprof" else " > "


def without_step_numbers(paths: pd.Series) -> pd.Series:
    """Paths in which all steps have one name: those of two traces are numbered differently.

    Example:
        >>> without_step_numbers(pd.Series(["ProfilerStep#7 > net"])).tolist()
        ['ProfilerStep > net']
    """
    return paths.str.replace(_STEP_NUMBER, rf"\1{STEP}", regex=True)


def align(
    a: Rows, b: Rows, kinds: Sequence[By], *, even_if_hardly: bool = False
) -> Alignment | None:
    """The first kind of range by which two traces have layers in common; None if there is none.

    Args:
        a: gives for a kind of range the rows of one side: path, depth, total_ns, self_ns, and type where
            it is known, in the order in which they were first entered.
        b: the same of the other side.
        kinds: the kinds that both have, the best first.
        even_if_hardly: also if hardly any time is in layers that both have.
    """
    for by in kinds:
        sides = a(by), b(by)
        as_they_are = Alignment(by, shared=_shared(*sides, by)[0])
        if _shared(*sides, by)[1]:
            return as_they_are
        moves = _moves(*sides, by)
        moved = [_moved(side, move, by) for side, move in zip(sides, moves, strict=True)]
        shared, enough = _shared(moved[0], moved[1], by)
        if enough:
            return Alignment(by, moves, shared)
        if even_if_hardly and as_they_are.shared:
            return as_they_are
    return None


def _shared(a: pd.DataFrame, b: pd.DataFrame, by: str) -> tuple[int, bool]:
    """How many paths both have, and whether enough of the time is in them."""
    shared = set(a["path"]) & set(b["path"]) - set(OWNERLESS_NAMES)
    layers = {path for path in shared if path.rpartition(" > ")[2] != STEP}
    return len(shared), all(_is_enough(side, layers, by) for side in (a, b))


def _moved(rows: pd.DataFrame, move: Move | None, by: str) -> pd.DataFrame:
    if move is None:
        return rows
    return rows.assign(path=[move.path(path, separator_of(by)) for path in rows["path"]])


def _is_enough(rows: pd.DataFrame, shared: set[str], by: str) -> bool:
    """Whether enough of a side's time is in layers that the other side has as well."""
    own = rows["self_ns"].to_numpy()
    inside = np.zeros(len(rows), bool)
    around: list[tuple[int, bool]] = []
    for place, (path, depth) in enumerate(zip(rows["path"], rows["depth"], strict=True)):
        while around and around[-1][0] >= depth:
            around.pop()
        inside[place] = path in shared or (bool(around) and around[-1][1])
        around.append((depth, bool(inside[place])))
    if by == "annotation":
        return bool(own[inside].sum() > _LEAST_OF_ANNOTATIONS * own.sum())
    owned = own[~rows["path"].isin(OWNERLESS_NAMES).to_numpy()].sum()
    return bool(inside.any() and own[inside].sum() >= _LEAST_OF_RANGES * owned)


def _moves(a: pd.DataFrame, b: pd.DataFrame, by: str) -> tuple[Move | None, Move | None]:
    """Moves the layers of one side below the path at which the other has the same ones.

    Only where one side's main range has the same layers inside as exactly one range of the other side,
    or else the same name as exactly one that holds most of the time there: a compiled model has no
    layers inside.
    """
    found = _same_inside(a, b, by) or _same_name(a, b, by)
    if found is None:
        return None, None
    first, second = (
        int(side.loc[side["path"] == path, "depth"].iloc[0])
        for side, path in zip((a, b), found, strict=True)
    )
    separator = separator_of(by)
    # To the longer path, so that what is around it on that side stays around it.
    if found[0].count(separator) < found[1].count(separator):
        move = Move(*found, second - first)
        return (None, None) if move.new in set(a["path"]) else (move, None)
    move = Move(*found[::-1], first - second)
    return (None, None) if move.new in set(b["path"]) else (None, move)


def _same_inside(a: pd.DataFrame, b: pd.DataFrame, by: str) -> tuple[str, str] | None:
    """The ranges of both sides that have the most layers inside in common, one of them a main one.

    Where the types of both sides are known they count as well: many models have layers named 0 and 1.
    """
    typed = all("type" in side and (side["type"] != "").any() for side in (a, b))
    inside = [_inside(side, by, typed=typed) for side in (a, b)]
    pairs = {(main, other) for main in _main(a) for other in inside[1] if main in inside[0]}
    pairs |= {(other, main) for main in _main(b) for other in inside[0] if main in inside[1]}
    scored = sorted(
        ((len(inside[0][one] & inside[1][other]), one, other) for one, other in pairs), reverse=True
    )
    if not scored or [score for score, _, _ in scored].count(scored[0][0]) > 1:
        return None
    score, one, other = scored[0]
    counts = len(inside[0][one]), len(inside[1][other])
    few = 2 * score < min(counts) or (score < 2 and max(counts) > 1)
    return None if few else (one, other)


def _same_name(a: pd.DataFrame, b: pd.DataFrame, by: str) -> tuple[str, str] | None:
    """A main range of one side and the one of its name that holds most of the time of the other."""
    separator = separator_of(by)

    def name(path: str) -> str:
        return path.rpartition(separator)[2]

    pairs = {(main, q) for main in _main(a) for q in _largest(b) if name(q) == name(main)}
    pairs |= {(q, main) for main in _main(b) for q in _largest(a) if name(q) == name(main)}
    return pairs.pop() if len(pairs) == 1 else None


def _largest(rows: pd.DataFrame) -> list[str]:
    """The ranges that hold most of the time in ranges."""
    owned = rows.loc[~rows["path"].isin(OWNERLESS_NAMES), "self_ns"].sum()
    held = rows[~rows["path"].isin(OWNERLESS_NAMES) & (2 * rows["total_ns"] > owned)]
    return list(held["path"])


def _main(rows: pd.DataFrame) -> list[str]:
    """The outermost range that holds most of the time in ranges."""
    outermost = set(rows.loc[rows["depth"] == 0, "path"])
    return [path for path in _largest(rows) if path in outermost]


def _inside(rows: pd.DataFrame, by: str, *, typed: bool) -> dict[str, set[tuple[str, str]]]:
    """Path -> the rest of the paths below it, each with its type if that counts."""
    separator = separator_of(by)
    types = rows["type"] if typed else [""] * len(rows)
    paths = dict(zip(rows["path"], types, strict=True))
    found: dict[str, set[tuple[str, str]]] = {}
    for path in paths.keys() - set(OWNERLESS_NAMES):
        place = path.find(separator)
        while place >= 0:
            if path[:place] in paths:
                rest = path[place + len(separator) :]
                found.setdefault(path[:place], set()).add((rest, paths[path]))
            place = path.find(separator, place + 1)
    return found
