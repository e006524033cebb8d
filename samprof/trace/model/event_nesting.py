"""Rows of a trace's events, nested."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from samprof.trace.model.events import Events, Integers, Ints, SmallInts
from samprof.trace.model.nesting import Nesting


def name_ranks(names: Iterable[str]) -> Ints:
    """The alphabetical place of each name: a tie-break that file order cannot change."""
    ordered = {name: rank for rank, name in enumerate(sorted(set(names)))}
    return np.array([ordered[name] for name in names], np.int64)


def nest(events: Events, names: tuple[str, ...], rows: Integers) -> Nesting:
    """These rows of the events, nested; of equal intervals the alphabetically first is outer."""
    return nest_ordered(events, names, rows)[0]


def nest_ordered(
    events: Events, names: tuple[str, ...], rows: Integers
) -> tuple[Nesting, SmallInts]:
    """The same, and the place in `rows` of each interval; of an event given twice the first is outer."""
    code = events.name[rows]
    present = np.flatnonzero(np.bincount(code, minlength=len(names)))
    rank = np.zeros(len(names), np.int32)
    rank[present] = name_ranks([names[name] for name in present.tolist()])
    nesting = Nesting.of(events.thread[rows], events.ts[rows], events.dur[rows], rank[code])
    return replace(nesting, rows=rows[nesting.rows].astype(np.int32)), nesting.rows
