"""The ranges that own device time: which events they are, how they nest, what they are called."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from samprof.errors import UsageError
from samprof.trace.events import MODULE_PREFIX, RANGE_PREFIX, Events, Ints, Kind, SmallInts
from samprof.trace.names import decoded
from samprof.trace.nesting import Nesting

By = Literal["auto", "samprof", "module", "annotation", "op"]
SEPARATOR = " > "
RELATIVE_PREFIX = f"{RANGE_PREFIX}."
_KIND = {
    "samprof": Kind.RANGE,
    "module": Kind.MODULE,
    "annotation": Kind.ANNOTATION,
    "op": Kind.OP,
}


@dataclass(frozen=True, slots=True)
class Ranges:
    """Ranges of one kind, nested, each belonging to a node (a row of the layer table).

    Attributes:
        by: which kind they are.
        nesting: their intervals; `nesting.rows` are rows of the trace's events.
        node: `[intervals]`, index into `paths`.
        paths: one name a node, ordered as first entered.
        depth: `[nodes]`, how many ranges are around the node's first one.
    """

    by: str
    nesting: Nesting
    node: SmallInts
    paths: tuple[str, ...]
    depth: Ints


def choose(events: Events, by: str) -> str:
    """The kind of range that `by` means in this trace; `auto` takes the first that exists.

    Raises:
        UsageError: `by` is none of auto, samprof, module, annotation, op.
    """
    if checked(by) == "auto":
        present = set(np.flatnonzero(np.bincount(events.kind)).tolist())
        return next((name for name, kind in _KIND.items() if kind in present), "samprof")
    return by


def checked(by: str) -> str:
    """The same, if it means anything.

    Raises:
        UsageError: it is none of auto, samprof, module, annotation, op.
    """
    if by not in get_args(By):
        choices = ", ".join(get_args(By))
        raise UsageError("layers", f"by={by!r}", "unknown kind of range", f"use one of {choices}")
    return by


def ranges_of(
    events: Events,
    names: tuple[str, ...],
    by: str,
    nesting: Nesting,
    inner_ops: dict[str, Any] | None = None,
) -> Ranges:
    """The ranges of the chosen kind.

    Args:
        events: the trace's events.
        names: the trace's interned names.
        by: samprof, module, annotation or op (see `choose`).
        nesting: the events of that kind (see `nest_kind`).
        inner_ops: with samprof's ranges, also make ranges of the ops directly inside these
            modules: path -> {op name: label of its calls, or [label of the first, second, ...]}.
    """
    if by == "samprof":
        nesting = _without_stray_functions(events, names, nesting)
    code = events.name[nesting.rows]
    labels = {code: _label(by, names[code]) for code in np.flatnonzero(np.bincount(code)).tolist()}
    if by != "samprof":
        return _ranges(by, nesting, code, labels, _joined)
    ranges = _ranges(by, nesting, code, labels, _qualified)
    if not inner_ops:
        return ranges
    op_rows, op_labels = _label_ops(events, names, ranges, inner_ops)
    texts = sorted(set(op_labels))
    labels |= {len(names) + number: text for number, text in enumerate(texts)}
    codes = {text: len(names) + number for number, text in enumerate(texts)}
    code_of = events.name.copy()
    code_of[op_rows] = [codes[text] for text in op_labels]
    nesting = nest(events, names, np.concatenate([nesting.rows, op_rows]))
    return _ranges(by, nesting, code_of[nesting.rows], labels, _qualified)


def nest_kind(events: Events, names: tuple[str, ...], by: str) -> Nesting:
    """All events of one kind of range, nested."""
    return nest(events, names, events.of(_KIND[by]))


def _label(by: str, name: str) -> str:
    if by == "samprof":
        return decoded(name.removeprefix(RANGE_PREFIX))
    return name.removeprefix(MODULE_PREFIX)


def name_ranks(names: Iterable[str]) -> Ints:
    """For each name its place in alphabetical order: a tie-break that file order cannot change."""
    ordered = {name: rank for rank, name in enumerate(sorted(set(names)))}
    return np.array([ordered[name] for name in names], np.int64)


def nest(events: Events, names: tuple[str, ...], rows: Ints) -> Nesting:
    """These rows of the events, nested; of equal intervals the one with the lesser name is outer."""
    code = events.name[rows]
    present = np.flatnonzero(np.bincount(code, minlength=len(names)))
    rank = np.zeros(len(names), np.int32)
    rank[present] = name_ranks([names[name] for name in present.tolist()])
    nesting = Nesting.of(events.thread[rows], events.ts[rows], events.dur[rows], rank[code])
    return replace(nesting, rows=rows[nesting.rows].astype(np.int32))


def _without_stray_functions(events: Events, names: tuple[str, ...], nesting: Nesting) -> Nesting:
    """Ranges with a relative name (".softmax()") belong below another range; others are dropped.

    They were entered by a module that was not recorded.
    """
    relative = np.array([name.startswith(RELATIVE_PREFIX) for name in names], bool)
    while True:
        stray = (nesting.parent < 0) & relative[events.name[nesting.rows]]
        if not stray.any():
            return nesting
        nesting = nest(events, names, nesting.rows[~stray])


def _joined(outer: str | None, label: str) -> str:
    """The names from the outermost range in."""
    return label if outer is None else outer + SEPARATOR + label


def _qualified(outer: str | None, label: str) -> str:
    """The qualified name; a function hangs below the range that it runs in.

    Relative (".softmax()") or, where it may also run outside of every range, from the root
    ("sam.set_image()").
    """
    if outer is None or not label.endswith("()") or label.startswith(outer + "."):
        return label
    return f"{outer}.{label.rpartition('.')[2]}"


def _ranges(
    by: str,
    nesting: Nesting,
    code: SmallInts,
    labels: dict[int, str],
    path_of: Callable[[str | None, str], str],
) -> Ranges:
    """Gives each interval its node, level by level; loops over distinct (outer, label) pairs only."""
    nodes: dict[str, int] = {}
    paths: list[str] = []
    node = np.full(len(code), -1, np.int32)
    codes = int(code.max(initial=0)) + 1
    for level in range(int(nesting.depth.max(initial=-1)) + 1):
        here = np.flatnonzero(nesting.depth == level)
        parent = nesting.parent[here]
        outer = np.where(parent >= 0, node[parent], -1)
        pairs, index = np.unique(
            (outer.astype(np.int64) + 1) * codes + code[here], return_inverse=True
        )
        numbers = []
        for above, label in zip(
            (pairs // codes - 1).tolist(), (pairs % codes).tolist(), strict=True
        ):
            path = path_of(paths[above] if above >= 0 else None, labels[label])
            if path not in nodes:
                nodes[path] = len(paths)
                paths.append(path)
            numbers.append(nodes[path])
        node[here] = np.array(numbers, np.int32)[index]
    order, depth = _as_first_entered(nesting, node, paths)
    new_number = np.empty(len(paths), np.int32)
    new_number[order] = np.arange(len(paths))
    return Ranges(
        by, nesting, new_number[node], tuple(paths[number] for number in order), depth[order]
    )


def _as_first_entered(nesting: Nesting, node: SmallInts, paths: list[str]) -> tuple[Ints, Ints]:
    """The nodes in the order of their first intervals, and for each node the depth of its first.

    At equal times the outer range was entered first, then the one with the lesser name.
    """
    start = np.full(len(paths), np.iinfo(np.int64).max)
    np.minimum.at(start, node, nesting.start)
    first = np.flatnonzero(nesting.start == start[node])
    depth = np.full(len(paths), np.iinfo(np.int64).max)
    np.minimum.at(depth, node[first], nesting.depth[first])
    return np.lexsort((name_ranks(paths), depth, start)), depth


def _label_ops(
    events: Events, names: tuple[str, ...], ranges: Ranges, inner_ops: dict[str, Any]
) -> tuple[Ints, list[str]]:
    """Event rows and labels of the ops whose innermost enclosing range or op is a listed module."""
    nesting = nest(events, names, np.concatenate([ranges.nesting.rows, events.of(Kind.OP)]))
    is_op = events.kind[nesting.rows] == Kind.OP
    outermost = is_op & (nesting.parent >= 0)
    outermost[outermost] = ~is_op[nesting.parent[outermost]]
    node_of = np.empty(len(events), np.int64)
    node_of[ranges.nesting.rows] = ranges.node
    rows: list[int] = []
    labels: list[str] = []
    calls: Counter[tuple[int, str]] = Counter()
    for position in np.flatnonzero(outermost).tolist():
        owner = int(nesting.rows[nesting.parent[position]])
        known = inner_ops.get(ranges.paths[node_of[owner]])
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
