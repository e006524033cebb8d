"""The ranges that own device time: which events they are, how they nest, what they are called."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from samprof.errors import UsageError
from samprof.trace.model.compiled_regions import Regions, split_regions
from samprof.trace.model.event_nesting import nest, nest_ordered
from samprof.trace.model.events import (
    MODULE_PREFIX,
    RANGE_PREFIX,
    Events,
    Ints,
    Kind,
    Mask,
    SmallInts,
)
from samprof.trace.model.grafts import Grafts
from samprof.trace.model.inner_ops import label_inner_ops
from samprof.trace.model.names import decoded, told_apart
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.outwards import nearest
from samprof.trace.model.range_nodes import as_tree, assign_nodes

By = Literal["auto", "samprof", "module", "annotation", "op"]
SEPARATOR = " > "
_RELATIVE_PREFIX = f"{RANGE_PREFIX}."
KINDS = {
    "samprof": Kind.RANGE,
    "module": Kind.MODULE,
    "annotation": Kind.ANNOTATION,
    "op": Kind.OP,
}


@dataclass(frozen=True, slots=True)
class Ranges:
    """Ranges of one kind, nested, each belonging to a node (a row of the layer table).

    Attributes:
        by: their kind.
        nesting: their intervals; `nesting.rows` are rows of the trace's events.
        node: `[intervals]`, index into `paths`.
        paths: one name per node, ordered as first entered.
        depth: `[nodes]`, the number of ranges around the node's first one.
        rows_to: ranges with so many around them, and more, belong to the node of the one around them.
        entries: `[intervals]`, whether it counts as a call of its node; None: all do.
        regions: the compiled graphs inside, and how they were split; None without any.
        grafts: the intervals that graph launches replay, if there are any; all others took place.
    """

    by: str
    nesting: Nesting
    node: SmallInts
    paths: tuple[str, ...]
    depth: Ints
    rows_to: int
    entries: Mask | None = None
    regions: Regions | None = None
    grafts: Grafts | None = None

    def outermost(self) -> Mask:
        """Which intervals have none of the same node around them: recursion is counted once."""
        order = np.argsort(self.node, kind="stable")
        # Those of one node side by side: one inside another begins before the other's `behind`.
        first = self.node[order].astype(np.int64) * (len(order) + 1)
        reached = np.maximum.accumulate(first + self.nesting.behind[order])
        result = np.ones(len(order), bool)
        result[order[1:]] = reached[:-1] <= first[1:] + order[1:]
        return result

    @property
    def took_place(self) -> Mask:
        """Which intervals were entered on the host; all others are replayed by a graph."""
        result = np.ones(len(self.node), bool)
        if self.grafts is not None:
            result[self.grafts.added] = False
        return result

    @property
    def telling(self) -> Mask:
        """Which intervals tell of host and memory: those that took place, of nodes that have any."""
        place = self.took_place
        lasting = np.zeros(len(self.paths), bool)
        lasting[self.node[place]] = True
        result: Mask = place | ~lasting[self.node]
        return result

    def calls(self) -> Ints:
        """How often each node was entered, or replayed by a graph."""
        entered = self.nesting.depth < self.rows_to
        if self.entries is not None:
            entered &= self.entries
        return np.bincount(self.node[entered], minlength=len(self.paths))


def choose(events: Events, by: str) -> str:
    """The kind of range that `by` means in this trace; `auto` takes the first that exists.

    Raises:
        UsageError: `by` is none of auto, samprof, module, annotation, op.
    """
    if check_by(by) == "auto":
        return next(iter(kinds_in(events)), "samprof")
    return by


def kinds_in(events: Events) -> list[str]:
    """The kinds of range that a trace has, those that say most of layers first."""
    present = set(np.flatnonzero(np.bincount(events.kind)).tolist())
    return [name for name, kind in KINDS.items() if kind in present]


def check_by(by: str) -> str:
    """`by` itself, if it is a kind of range.

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
    recorded: Mapping[str, Any] | None = None,
    ops: Ints | None = None,
) -> Ranges:
    """The ranges of the chosen kind.

    Args:
        events: the trace's events.
        names: the trace's interned names.
        by: samprof, module, annotation or op (see `choose`).
        nesting: the events of that kind (see `nest_kind`).
        recorded: the metadata that samprof recorded. With samprof's ranges, ops directly inside some
            modules are ranges too (`inner_ops`: path -> {op name: label of its calls, or [label of the
            first, second, ...]}), and so are the kernels of compiled graphs (`compiled`).
        ops: rows of the ops that may be; by default all.
    """
    if by == "samprof":
        nesting = _without_stray_functions(events, names, nesting)
    code = events.name[nesting.rows]
    labels = {code: _label(by, names[code]) for code in np.flatnonzero(np.bincount(code)).tolist()}
    if by != "samprof":
        return Ranges(by, nesting, *assign_nodes(nesting, code, labels, _joined))
    nodes = assign_nodes(nesting, code, labels, _qualified)
    recorded = recorded or {}
    rows = np.zeros(0, np.int64)
    texts: list[str] = []
    if inner_ops := recorded.get("inner_ops"):
        ops = events.of(Kind.OP) if ops is None else ops
        rows, texts = label_inner_ops(
            events, names, nesting, nodes.node, nodes.paths, inner_ops, ops
        )
    entries = np.ones(len(nesting.rows) + len(rows), bool)
    regions = split_regions(
        events, names, nesting, lambda place: nodes.paths[nodes.node[place]], recorded
    )
    if regions is not None:
        rows = np.concatenate([rows, regions.row])
        texts = [*texts, *regions.label]
        entries = np.concatenate([entries, regions.enters])
    if not len(rows):
        return Ranges(by, nesting, *nodes, regions=regions)
    numbers = {text: len(names) + place for place, text in enumerate(sorted(set(texts)))}
    labels |= {number: text for text, number in numbers.items()}
    code = np.concatenate([code, np.array([numbers[text] for text in texts], code.dtype)])
    nesting, order = nest_ordered(events, names, np.concatenate([nesting.rows, rows]))
    nodes = assign_nodes(nesting, code[order], labels, _qualified)
    if regions is not None:
        nodes = as_tree(nesting, nodes)
    return Ranges(by, nesting, *nodes, entries[order], regions)


def nest_kind(events: Events, names: tuple[str, ...], by: str) -> Nesting:
    """All events of one kind of range, nested."""
    return nest(events, names, events.of(KINDS[by]))


def _label(by: str, name: str) -> str:
    if by == "samprof":
        return told_apart(decoded(name.removeprefix(RANGE_PREFIX)))
    return told_apart(name.removeprefix(MODULE_PREFIX))


def _without_stray_functions(events: Events, names: tuple[str, ...], nesting: Nesting) -> Nesting:
    """The nesting without ranges of a relative name (".softmax()") that are below no other name.

    A relative name belongs below another range; these were entered by a module not recorded.
    """
    relative = np.array([name.startswith(_RELATIVE_PREFIX) for name in names], bool)
    stray = nearest(nesting.parent, ~relative[events.name[nesting.rows]]) < 0
    return nest(events, names, nesting.rows[~stray]) if stray.any() else nesting


def without_idle_methods(
    events: Events, names: tuple[str, ...], nesting: Nesting, methods: Collection[str]
) -> Nesting:
    """The nesting without ranges of methods of a root, unless outermost and around other ranges.

    A model's methods are called by its forward as well, where they are no rows.
    """
    known = {name for name in methods if isinstance(name, str)}
    is_method = np.array([_label("samprof", name) in known for name in names], bool)
    inside = (nesting.parent >= 0) & is_method[events.name[nesting.rows]]
    if inside.any():
        nesting = nest(events, names, nesting.rows[~inside])
    childless = np.ones(len(nesting.rows), bool)
    childless[nesting.parent[nesting.parent >= 0]] = False
    idle = childless & is_method[events.name[nesting.rows]]
    return nest(events, names, nesting.rows[~idle]) if idle.any() else nesting


def _joined(outer: str | None, label: str) -> str:
    """The names from the outermost range in."""
    return label if outer is None else outer + SEPARATOR + label


def _qualified(outer: str | None, label: str) -> str:
    """The qualified name; that of a function is below the range that it runs in.

    A function's label is relative (".softmax()"), or starts at the root ("sam.set_image()") if it
    may also run outside every range.
    """
    if outer is None or not label.endswith("()") or label.startswith(outer + "."):
        return label
    return f"{outer}.{label.rpartition('.')[2]}"
