"""torch's own annotations of the nodes of a graph, where the trace holds them (torch 2.15 and later).

`export_chrome_trace(cuda_graph_annotations=torch.cuda.graph_annotations.get_kernel_annotations())`
writes into each activity of a graph the name that `mark_kernels` gave it while capturing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from samprof.trace.model.events import RANGE_PREFIX, Events, Ints
from samprof.trace.model.grafts import Template
from samprof.trace.model.graphs import GraphLaunch
from samprof.trace.model.names import decoded, told_apart


@dataclass(frozen=True, slots=True)
class Annotations:
    """The annotations of one kind of range in the activities of graph launches that are not split.

    Attributes:
        paths: the distinct ones.
        rows: for each, an activity that has it, as a row of the events.
        of: launch, as a row of the events -> for each of its activities the annotation, an index of
            `paths`; -1 for none.
    """

    paths: tuple[str, ...]
    rows: Ints
    of: dict[int, Ints]

    def template(self, launch: GraphLaunch, first: int) -> Template:
        """The ranges of one launch, in the order of their first activity.

        Args:
            launch: a launch with annotations.
            first: the index of the interval of the first annotation; the others follow.
        """
        mine = self.of[launch.launch]
        found = np.array(list(dict.fromkeys(mine[mine >= 0].tolist())), np.int64)
        found.sort()
        place = np.full(len(self.paths) + 1, -1, np.int64)  # the last entry stands for none
        place[found] = np.arange(len(found))
        parent, backward = np.full(len(found), -1, np.int64), np.zeros(len(mine), bool)
        return Template(found + first, parent, 0, place[mine], backward)


def graph_annotations(
    events: Events,
    texts: Sequence[str],
    activity: Ints,
    launches: Sequence[GraphLaunch],
    kind: str,
) -> Annotations:
    """The annotations that are ranges of this kind: user annotations, or what samprof named.

    Args:
        events: of the trace.
        texts: what `events.inputs` indexes.
        activity: rows of the device activities.
        launches: the graph launches.
        kind: samprof, module, annotation or op.
    """
    number: dict[str, int] = {}
    rows: list[int] = []
    of: dict[int, Ints] = {}
    for one in launches:
        mine = activity[one.activities]
        order = np.lexsort((events.ts[mine], events.sequence[mine]))
        found = np.full(len(mine), -1, np.int64)
        for place in order.tolist() if one.capture is None else ():
            code = int(events.inputs[mine[place]])
            path = _path(texts[code], kind) if code >= 0 else None
            if path is None:
                continue
            if path not in number:
                number[path] = len(number)
                rows.append(int(mine[place]))
            found[place] = number[path]
        if (found >= 0).any():
            of[one.launch] = found
    return Annotations(tuple(number), np.array(rows, np.int64), of)


def _path(text: str, kind: str) -> str | None:
    """The path of an annotation as a range of this kind; None if it is none."""
    if kind == "annotation":
        return told_apart(text)
    if kind == "samprof" and text.startswith(RANGE_PREFIX):
        return told_apart(decoded(text.removeprefix(RANGE_PREFIX)))
    return None
