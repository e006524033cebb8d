"""The ranges that own device time: which events they are, how they nest, what they are called."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from samprof.errors import UsageError
from samprof.trace.events import MODULE_PREFIX, RANGE_PREFIX, Events, Ints, Kind
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
    node: Ints
    paths: tuple[str, ...]
    depth: Ints


def choose(events: Events, by: str) -> str:
    """The kind of range that `by` means in this trace; `auto` takes the first that exists.

    Raises:
        UsageError: `by` is none of auto, samprof, module, annotation, op.
    """
    if by == "auto":
        present = set(np.unique(events.kind).tolist())
        return next((name for name, kind in _KIND.items() if kind in present), "samprof")
    if by not in _KIND:
        choices = ", ".join(get_args(By))
        raise UsageError("layers", f"by={by!r}", "unknown kind of range", f"use one of {choices}")
    return by


def ranges_of(
    events: Events, names: tuple[str, ...], by: str, inner_ops: dict[str, Any] | None = None
) -> Ranges:
    """The ranges of the chosen kind.

    Args:
        events: the trace's events.
        names: the trace's interned names.
        by: samprof, module, annotation or op (see `choose`).
        inner_ops: with samprof's ranges, also make ranges of the ops directly inside these
            modules: path -> {op name: label of its calls, or [label of the first, second, ...]}.
    """
    rows = events.of(_KIND[by])
    nesting = nest(events, names, rows)
    if by == "samprof":
        rows, nesting = _without_stray_functions(events, names, rows, nesting)
    labels = {code: _label(by, names[code]) for code in np.unique(events.name[rows]).tolist()}
    code = events.name[rows][nesting.rows].astype(np.int64)
    if by != "samprof":
        return _ranges(by, nesting, rows, code, labels, _joined)
    ranges = _ranges(by, nesting, rows, code, labels, _qualified)
    if not inner_ops:
        return ranges
    op_rows, op_labels = _label_ops(events, names, ranges, inner_ops)
    texts = sorted(set(op_labels))
    labels |= {len(names) + number: text for number, text in enumerate(texts)}
    codes = {text: len(names) + number for number, text in enumerate(texts)}
    code = np.concatenate([events.name[rows], [codes[text] for text in op_labels]]).astype(np.int64)
    rows = np.concatenate([rows, op_rows])
    nesting = nest(events, names, rows)
    return _ranges(by, nesting, rows, code[nesting.rows], labels, _qualified)


def _label(by: str, name: str) -> str:
    if by == "samprof":
        return decoded(name.removeprefix(RANGE_PREFIX))
    return name.removeprefix(MODULE_PREFIX)


def name_ranks(names: Iterable[str]) -> Ints:
    """For each name its place in alphabetical order: a tie-break that file order cannot change."""
    ordered = {name: rank for rank, name in enumerate(sorted(set(names)))}
    return np.array([ordered[name] for name in names], np.int64)


def nest(events: Events, names: tuple[str, ...], rows: Ints) -> Nesting:
    """These rows of the events, nested; of equal intervals the one with the lesser name is outer.

    The nesting's rows count in `rows`, not in the events.
    """
    present, index = np.unique(events.name[rows], return_inverse=True)
    ranks = name_ranks([names[name] for name in present])
    tie = ranks[index] if len(rows) else np.zeros(0, np.int64)
    return Nesting.of(events.thread[rows], events.ts[rows], events.dur[rows], tie)


def _without_stray_functions(
    events: Events, names: tuple[str, ...], rows: Ints, nesting: Nesting
) -> tuple[Ints, Nesting]:
    """Ranges with a relative name (".softmax()") belong below another range; others are dropped.

    They were entered by a module that was not recorded.
    """
    relative = np.array([name.startswith(RELATIVE_PREFIX) for name in names], bool)
    while True:
        stray = (nesting.parent < 0) & relative[events.name[rows[nesting.rows]]]
        if not stray.any():
            return rows, nesting
        rows = np.delete(rows, nesting.rows[stray])
        nesting = nest(events, names, rows)


def _joined(outer: str | None, label: str) -> str:
    """The names from the outermost range in."""
    return label if outer is None else outer + SEPARATOR + label


def _qualified(outer: str | None, label: str) -> str:
    """The qualified name; a function hangs below the range that it runs in."""
    if outer is None or not label.endswith("()") or label.startswith(outer + "."):
        return label
    return f"{outer}.{label.removeprefix('.')}"


def _ranges(
    by: str,
    nesting: Nesting,
    rows: Ints,
    code: Ints,
    labels: dict[int, str],
    path_of: Callable[[str | None, str], str],
) -> Ranges:
    """Gives each interval its node, level by level; loops over distinct (outer, label) pairs only."""
    nodes: dict[str, int] = {}
    paths: list[str] = []
    node = np.full(len(code), -1, np.int64)
    for level in range(int(nesting.depth.max(initial=-1)) + 1):
        here = np.flatnonzero(nesting.depth == level)
        parent = nesting.parent[here]
        outer = np.where(parent >= 0, node[parent], -1)
        pairs, index = np.unique(np.stack([outer, code[here]]), axis=1, return_inverse=True)
        numbers = []
        for above, label in pairs.T.tolist():
            path = path_of(paths[above] if above >= 0 else None, labels[label])
            if path not in nodes:
                nodes[path] = len(paths)
                paths.append(path)
            numbers.append(nodes[path])
        node[here] = np.array(numbers, np.int64)[index.ravel()]
    # At equal times the outer range was entered first, then the one with the lesser name.
    entered = np.lexsort((name_ranks(paths)[node], nesting.depth, nesting.start))
    first = _first_entered(entered, node, len(paths))
    order = np.argsort(first, kind="stable")
    new_number = np.empty(len(paths), np.int64)
    new_number[order] = np.arange(len(paths))
    return Ranges(
        by,
        nesting.renamed(rows),
        new_number[node],
        tuple(paths[number] for number in order),
        nesting.depth[entered[first[order]]],
    )


def _first_entered(entered: Ints, node: Ints, nodes: int) -> Ints:
    """For each node the place of its first interval in the order of entering."""
    first = np.full(nodes, len(node), np.int64)
    np.minimum.at(first, node[entered], np.arange(len(node)))
    return first


def _label_ops(
    events: Events, names: tuple[str, ...], ranges: Ranges, inner_ops: dict[str, Any]
) -> tuple[Ints, list[str]]:
    """Event rows and labels of the ops whose innermost enclosing range or op is a listed module."""
    both = np.concatenate([ranges.nesting.rows, events.of(Kind.OP)])
    nesting = nest(events, names, both)
    is_op = nesting.rows >= len(ranges.nesting.rows)
    outermost = is_op & (nesting.parent >= 0)
    outermost[outermost] = ~is_op[nesting.parent[outermost]]
    rows: list[int] = []
    labels: list[str] = []
    calls: Counter[tuple[int, str]] = Counter()
    for position in np.flatnonzero(outermost).tolist():
        owner = int(nesting.rows[nesting.parent[position]])
        known = inner_ops.get(ranges.paths[ranges.node[owner]])
        if known is None:
            continue
        row = int(both[nesting.rows[position]])
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
