"""Ops that become ranges: those that run directly inside a module listed in the trace's metadata."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from samprof.trace.model.event_nesting import nest
from samprof.trace.model.events import Events, Ints, Kind, SmallInts
from samprof.trace.model.nesting import Nesting


def label_inner_ops(
    events: Events,
    names: tuple[str, ...],
    ranges: Nesting,
    node: SmallInts,
    paths: Sequence[str],
    inner_ops: dict[str, Any],
    ops: Ints,
) -> tuple[Ints, list[str]]:
    """Event rows and labels of the ops whose innermost enclosing range or op is a listed module.

    Args:
        events: the trace's events.
        names: the trace's names.
        ranges: the ranges around the ops; its rows are rows of the events.
        node: the node of each range, an index into `paths`.
        paths: the path of each node.
        inner_ops: path -> {op name: label of its calls, or [label of the first, second, ...]}.
        ops: rows of the ops that may be labelled.
    """
    nesting = nest(events, names, np.concatenate([ranges.rows, ops]))
    is_op = np.isin(events.kind[nesting.rows], (Kind.OP, Kind.HELD_OP))
    outermost = is_op & (nesting.parent >= 0)
    outermost[outermost] = ~is_op[nesting.parent[outermost]]
    node_of = np.empty(len(events), np.int64)
    node_of[ranges.rows] = node
    rows: list[int] = []
    labels: list[str] = []
    calls: Counter[tuple[int, str]] = Counter()
    for position in np.flatnonzero(outermost).tolist():
        owner = int(nesting.rows[nesting.parent[position]])
        known = inner_ops.get(paths[node_of[owner]])
        if known is None:
            continue
        row = int(nesting.rows[position])
        op = names[events.name[row]]
        label = _op_label(op, known.get(op, []), calls[owner, op])
        calls[owner, op] += 1
        rows.append(row)
        labels.append(f"{label}()")
    return np.array(rows, np.int64), labels


def _op_label(op: str, known: str | list[str], call: int) -> str:
    if isinstance(known, str):
        return known
    return known[call] if call < len(known) else op.rsplit("::", maxsplit=1)[-1]
