"""Which layers each kernel of a compiled graph was made from, as the metadata of a trace holds it.

samprof writes by the key of the graph: `layers`, pairs of the path below the compiled module (empty for
the module itself) and the class there; and `kernels` in the order in which the graph runs them, pairs
of the name of the op that the profiler records and the places of its layers; or `why` they are not
known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

SEVERAL = " + "
"""Stands between the layers of a set."""
FUSED = "fused"
"""The type of a row of several layers: kernels that were made from all of them."""
ITSELF = "(self)"
"""A module in a set of it and what is inside of it."""
HOW = 'compile with backend="samprof" and record again to see its layers'
_DEEPEST = 64
_MOST_LAYERS = 16
"""A kernel of more layers belongs to what is around all of them: no one could read such a name."""


@dataclass(frozen=True, slots=True)
class Graph:
    """What is known of a compiled graph.

    Attributes:
        layers: path below the compiled module, and class.
        kernels: name, and places of its layers in `layers`.
        why: why nothing is known; empty where it is.
    """

    layers: tuple[tuple[str, str], ...] = ()
    kernels: tuple[tuple[str, tuple[int, ...]], ...] = ()
    why: str = ""


class Shared(NamedTuple):
    """A row that several layers share.

    Attributes:
        around: the path of the innermost row around all of them.
        layers: their paths.
    """

    around: str
    layers: tuple[str, ...]


class Chain(NamedTuple):
    """The rows around a kernel.

    Attributes:
        rows: their paths, from the outermost in; the last one owns the kernel.
        shared: what the last row is; None where it is a layer.
    """

    rows: tuple[str, ...]
    shared: Shared | None


@dataclass(frozen=True, slots=True)
class Around:
    """The rows of a compiled module: what is inside of it.

    Attributes:
        path: its own.
        classes: path below it -> class, of all modules inside of it.
        rows: paths that have rows of their own at the granularity of the recording.
    """

    path: str
    classes: Mapping[str, str]
    rows: Mapping[str, Any]

    def is_of(self, graph: Graph) -> bool:
        """Whether the graph's layers are modules inside of this one, each of the same class."""
        return all(self.classes.get(path) == kind for path, kind in graph.layers if path)

    def chain(self, layers: list[str]) -> Chain:
        """The rows around a kernel of these layers, and which of them are one row together.

        The row of a set is below the innermost module around all of its layers that has a row.

        Args:
            layers: paths below the compiled module, at least one.
        """
        places = list(dict.fromkeys(self._place(layer) for layer in layers))
        common = _common(places)
        while common and not self._has_row(common):
            common = common[:-1]
        rows = [common[:end] for end in range(1, len(common) + 1) if self._has_row(common[:end])]
        rows = rows[-_DEEPEST:]
        chain = [self._name(place) for place in rows]
        if not 1 < len(places) <= _MOST_LAYERS:
            return Chain(tuple(chain), None)
        parts = [".".join(place[len(common) :]) or ITSELF for place in places]
        chain.append(f"{self._name(common)}.{SEVERAL.join(parts)}")
        shared = Shared(self._name(common), tuple(map(self._name, places)))
        return Chain(tuple(chain), shared)

    def _place(self, layer: str) -> tuple[str, ...]:
        """The names that lead to the layer, or to the module around it that has a row."""
        place = tuple(layer.split(".")) if layer else ()
        while place and not self._has_row(place):
            place = place[:-1]
        return place

    def _name(self, place: tuple[str, ...]) -> str:
        return ".".join((self.path, *place))

    def _has_row(self, place: tuple[str, ...]) -> bool:
        return self._name(place) in self.rows


def graph_of(recorded: Mapping[str, Any], key: str) -> Graph:
    """What the metadata says of a compiled graph; where it says nothing, why.

    Args:
        recorded: the metadata that samprof recorded.
        key: of the graph.
    """
    known = recorded.get("compiled")
    found = known.get(key) if isinstance(known, dict) else None
    if found is None:
        why = recorded.get("compiled_why")
        return Graph(why=why if isinstance(why, str) and why else HOW)
    try:
        return _checked(found)
    except (TypeError, ValueError, KeyError):
        return Graph(why="what samprof noted of it is damaged")


def _checked(found: Any) -> Graph:
    """The graph that the metadata holds.

    Raises:
        TypeError, ValueError, KeyError: it holds something else.
    """
    if isinstance(dict(found).get("why"), str):
        return Graph(why=found["why"])
    layers = tuple((path, kind) for path, kind in found["layers"])
    kernels = tuple((name, tuple(places)) for name, places in found["kernels"])
    texts = [text for pair in layers for text in pair] + [name for name, _ in kernels]
    places = [place for _, several in kernels for place in several]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a name that is no text")
    if not all(type(place) is int and 0 <= place < len(layers) for place in places):
        raise ValueError("a kernel of a layer that is not listed")
    return Graph(layers, kernels)


def around_of(recorded: Mapping[str, Any], path: str) -> Around | None:
    """The compiled module of this path; None if the metadata knows none."""
    inside, modules = recorded.get("inside"), recorded.get("modules")
    if not isinstance(inside, dict) or not isinstance(modules, dict):
        return None
    classes = inside.get(path)
    return Around(path, classes, modules) if isinstance(classes, dict) else None


def _common(places: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The names with which all places begin."""
    first, last = min(places), max(places)
    end = next((n for n, name in enumerate(first) if name != last[n : n + 1][0]), len(first))
    return first[:end]
