"""Compiled regions, split: each kernel of a graph becomes ranges of the layers that it was made from.

Inductor calls a compiled graph in a range that bears the graph's key. What runs directly in it must be
what the graph's provenance lists: the same names in the same order. Else nothing of it is split.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from samprof.trace.model.event_nesting import nest
from samprof.trace.model.events import Events, Ints, Kind, Mask
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.provenance import Shared, around_of, graph_of

_CALL, _END = "## Call CompiledFxGraph ", " ##"
_GRAPH_NUMBER = re.compile(r"^graph_\d+_(?=cpp_)")  # it is another one in every process


@dataclass(frozen=True, slots=True)
class Regions:
    """The compiled graphs of a trace.

    Attributes:
        call: row of each call of a compiled graph that a range is around, in the events.
        owner: `[calls]`, the path of the innermost range around it.
        is_split: `[calls]`, whether its kernels are split.
        row: rows of the events that become ranges, the outer ones of one event first.
        label: `[rows]`, their paths.
        enters: `[rows]`, whether it counts as a call of its path: once in each call of the graph.
        sets: paths of rows that several layers share.
        why: path of a range -> why calls inside were not split, with how many.
    """

    call: Ints
    owner: tuple[str, ...]
    is_split: Mask
    row: Ints
    label: tuple[str, ...]
    enters: Mask
    sets: Mapping[str, Shared]
    why: Mapping[str, Counter[str]]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the calls of one graph inside of one range are split.

    Attributes:
        kernels: names of the graph's kernels in their order, by number.
        kernel: of each range to be made, its place in `kernels`.
        label: of each range to be made, its path.
        enters: of each, whether it is the first of its path.
        sets: as in `Regions`.
        why: why they are not split.
    """

    kernels: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    kernel: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    label: tuple[str, ...] = ()
    enters: Mask = field(default_factory=lambda: np.zeros(0, bool))
    sets: Mapping[str, Shared] = field(default_factory=dict)
    why: str = ""


def split_regions(
    events: Events,
    names: tuple[str, ...],
    ranges: Nesting,
    of_range: Callable[[int], str],
    recorded: Mapping[str, Any],
) -> Regions | None:
    """The compiled graphs of a trace, split by the provenance that its metadata holds; None without any.

    Args:
        events: the trace's events.
        names: the trace's names.
        ranges: samprof's ranges, nested.
        of_range: the path of a range.
        recorded: the metadata that samprof recorded.
    """
    codes = [code for code, name in enumerate(names) if name.startswith(_CALL)]
    kinds = [Kind.OP, Kind.ANNOTATION]
    call = np.flatnonzero(np.isin(events.name, codes) & np.isin(events.kind, kinds))
    owner = ranges.innermost(events.thread[call], events.ts[call]).astype(np.int64)
    call, owner = call[owner >= 0], owner[owner >= 0]
    if not len(call):
        return None
    numbers = _Numbers(names)
    inside = _inside(events, names, call)
    plans: dict[tuple[int, str], _Plan] = {}
    is_split = np.zeros(len(call), bool)
    made: list[tuple[Ints, tuple[str, ...], Mask]] = []
    why: dict[str, Counter[str]] = {}
    paths = tuple(of_range(around) for around in owner.tolist())
    for place, (row, path) in enumerate(zip(call.tolist(), paths, strict=True)):
        code = int(events.name[row])
        if (code, path) not in plans:
            plans[code, path] = _plan(names[code], path, recorded, numbers)
        rows = inside.get(row, call[:0])
        found = _split(plans[code, path], rows, numbers.of[events.name[rows]])
        if isinstance(found, str):
            why.setdefault(path, Counter())[found] += 1
        else:
            made.append(found)
            is_split[place] = True
    return Regions(
        call,
        paths,
        is_split,
        np.concatenate([call[:0], *(rows for rows, _, _ in made)]),
        tuple(label for _, labels, _ in made for label in labels),
        np.concatenate([is_split[:0], *(enters for _, _, enters in made)]),
        {path: one for plan in plans.values() for path, one in plan.sets.items()},
        why,
    )


class _Numbers:
    """Names of kernels as numbers: as the profiler writes them, and as the provenance does.

    Attributes:
        known: name -> number.
        of: `[names of the trace]`, the number of each.
    """

    def __init__(self, names: Sequence[str]) -> None:
        plain = [_GRAPH_NUMBER.sub("", name) for name in names]
        self.known = {name: number for number, name in enumerate(dict.fromkeys(plain))}
        self.of = np.array([self.known[name] for name in plain], np.int64)

    def number(self, name: str) -> int:
        """The number of a name, also of one that the trace does not have."""
        return self.known.setdefault(name, len(self.known))


def _inside(events: Events, names: tuple[str, ...], call: Ints) -> dict[int, Ints]:
    """Row of a call -> rows of the ops that run directly in it, in their order."""
    nesting = nest(events, names, np.union1d(call, events.of(Kind.OP)))
    is_call = np.zeros(len(events), bool)
    is_call[call] = True
    held = np.flatnonzero(nesting.parent >= 0)
    held = held[is_call[nesting.rows[nesting.parent[held]]]]
    parent = nesting.parent[held]
    order = np.argsort(parent, kind="stable")
    rows, parent = nesting.rows[held][order].astype(np.int64), parent[order]
    first = np.flatnonzero(np.diff(parent, prepend=-1))
    parts = np.split(rows, first[1:])
    return dict(zip(nesting.rows[parent[first]].tolist(), parts, strict=True)) if len(rows) else {}


def _plan(name: str, path: str, recorded: Mapping[str, Any], numbers: _Numbers) -> _Plan:
    """How a graph, given by the name of its calls, is split inside of a path."""
    graph = graph_of(recorded, name.removeprefix(_CALL).removesuffix(_END))
    if graph.why:
        return _Plan(why=graph.why)
    around = around_of(recorded, path)
    if around is None:
        return _Plan(why=f"{path} is not the compiled module, but around it")
    if not around.is_of(graph):
        return _Plan(why=f"its modules are not those of {path} (where dynamo broke the graph?)")
    kernel: list[int] = []
    label: list[str] = []
    sets: dict[str, Shared] = {}
    for place, (_, layers) in enumerate(graph.kernels):
        if layers:
            chain = around.chain([graph.layers[number][0] for number in layers])
            kernel += [place] * len(chain.rows)
            label += chain.rows
            sets |= {chain.rows[-1]: chain.shared} if chain.shared else {}
    enters = np.zeros(len(label), bool)
    enters[[label.index(path) for path in dict.fromkeys(label)]] = True
    kernels = np.array([numbers.number(name) for name, _ in graph.kernels], np.int64)
    return _Plan(kernels, np.array(kernel, np.int64), tuple(label), enters, sets)


def _split(plan: _Plan, rows: Ints, ran: Ints) -> tuple[Ints, tuple[str, ...], Mask] | str:
    """The ranges to be made in one call: row, path, whether it is a call; or why there are none.

    Args:
        plan: of the graph.
        rows: what ran in the call.
        ran: the numbers of their names.
    """
    if plan.why:
        return plan.why
    # What leaves no event of its name, such as a view, cannot be compared, nor does it take time.
    there = np.isin(plan.kernels, ran)
    if not there.any():
        return "none of its kernels is in the trace"
    known = np.isin(ran, plan.kernels)
    if not np.array_equal(plan.kernels[there], ran[known]):
        return (
            f"it ran {known.sum()} kernels, not the {there.sum()} of its provenance in their order"
        )
    if there.all():
        return rows[known][plan.kernel], plan.label, plan.enters
    made = there[plan.kernel]
    place = (np.cumsum(there) - 1)[plan.kernel[made]]
    label = tuple(one for one, some in zip(plan.label, made.tolist(), strict=True) if some)
    return rows[known][place], label, plan.enters[made]
