"""What layers have in kernels that a compiler made from several of them, and with which others.

How much of such a kernel a layer takes cannot be told. A layer took at least the time of its own
kernels, and at most that and the time of all that it shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from samprof.analysis.scaling.fused import fused_rows
from samprof.trace.model.provenance import ITSELF, Shared

_MOST_NAMED = 3


@dataclass(slots=True)
class SharedKernels:
    """The kernels that a layer, with what is inside of it, shares with others.

    Attributes:
        time_ns: of all of them.
        others: names of the layers that they were made from as well, as their rows have them.
    """

    time_ns: float = 0.0
    others: dict[str, None] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """With which layers, in a few words."""
        names = list(self.others)
        more = f" and {len(names) - _MOST_NAMED} more" if names[_MOST_NAMED:] else ""
        return f"fused with {', '.join(names[:_MOST_NAMED])}{more}"


def shared_kernels(rows: pd.DataFrame) -> dict[str, SharedKernels]:
    """Path of a layer, and of each around it -> what it shares with layers outside of it.

    Args:
        rows: one row per path, in the order of the layer table: path, depth, type, total_ns.

    Example:
        >>> rows = [("net", 0, "", 9), ("net.a", 1, "", 2), ("net.a + b.c", 1, "fused", 5)]
        >>> found = shared_kernels(pd.DataFrame(rows, columns=["path", "depth", "type", "total_ns"]))
        >>> [(path, one.time_ns, one.text) for path, one in found.items()][:2]
        [('net.a', 5.0, 'fused with b.c'), ('net.b.c', 5.0, 'fused with a')]
    """
    found: dict[str, SharedKernels] = {}
    sets = fused_rows(rows)
    time = dict(zip(rows["path"], rows["total_ns"], strict=True)) if sets else {}
    for path, shared in sets.items():
        for around, inside in _around(shared.layers).items():
            if len(inside) == len(shared.layers):
                continue  # all of it is inside, and in the time of the row
            one = found.setdefault(around, SharedKernels())
            one.time_ns += float(time[path])
            others = (layer for layer in shared.layers if layer not in inside)
            one.others.update(dict.fromkeys(_name(layer, shared) for layer in others))
    return found


def _around(layers: Sequence[str]) -> dict[str, set[str]]:
    """Each layer, and each path around it -> those of the layers that are inside."""
    inside: dict[str, set[str]] = {}
    for layer in layers:
        path = layer
        while path:
            inside.setdefault(path, set()).add(layer)
            path = path.rpartition(".")[0]
    return inside


def _name(layer: str, shared: Shared) -> str:
    return layer.removeprefix(f"{shared.around}.") if layer != shared.around else ITSELF
