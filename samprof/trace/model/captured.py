"""What was entered while capturing, and the graph launches that replay it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from samprof.trace.model.captures import Capture
from samprof.trace.model.event_nesting import nest
from samprof.trace.model.events import Events, Ints, Kind
from samprof.trace.model.grafts import graft, templates_of
from samprof.trace.model.graphs import GraphLaunch, Graphs, graph_launches
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.owners import Launches
from samprof.trace.model.ranges import KINDS


@dataclass(frozen=True, slots=True)
class Captured:
    """The ops and ranges on the threads of captures that were open during one.

    Attributes:
        events, names: of the trace.
        captures: its captures.
    """

    events: Events
    names: tuple[str, ...]
    captures: Sequence[Capture]
    _nested: dict[str, Nesting] = field(default_factory=dict, repr=False, compare=False)

    @property
    def rows(self) -> Ints:
        """Rows of all that was open on its threads during a capture, begin and end included."""
        kinds = (*KINDS.values(), Kind.RUNTIME, Kind.FLOW_FORWARD, Kind.FLOW_BACKWARD)
        return np.concatenate([self._rows(kind) for kind in kinds])

    @property
    def ops(self) -> Ints:
        """Rows of the ops."""
        return self._rows(Kind.OP)

    def nested(self, kind: str) -> Nesting:
        """All of one kind: samprof, module, annotation or op."""
        if kind not in self._nested:
            self._nested[kind] = nest(self.events, self.names, self._rows(KINDS[kind]))
        return self._nested[kind]

    def _rows(self, kind: Kind) -> Ints:
        events = self.events
        rows = events.of(kind, kind.held)
        start, end = events.ts[rows], events.ts[rows] + events.dur[rows]
        open_ = np.zeros(len(rows), bool)
        for one in self.captures:
            mine = np.isin(events.thread[rows], one.threads(events))
            open_ |= mine & (start <= one.end) & (end > one.start)
        return rows[open_]

    def op_of(self, capture: Capture) -> Ints:
        """The name of the op around each launch of a capture, an index into the names; -1 for none."""
        return self._innermost(capture, "op")

    def places(self, capture: Capture) -> bytes:
        """Equal for captures whose launches have the same ops and ranges around them.

        Names of samprof's ranges are whole paths. What else is around a whole capture, such as the mark
        of a step, says when it was captured.
        """
        return b"".join(self._innermost(capture, kind).tobytes() for kind in KINDS)

    def _innermost(self, capture: Capture, kind: str) -> Ints:
        nested = self.nested(kind)
        place, _ = capture.around(self.events, nested)
        names = np.append(self.events.name[nested.rows].astype(np.int64), -1)
        if kind in ("module", "annotation"):
            names[:-1][nested.start < capture.start] = -1
        return names[place]


def find_graphs(
    graphs: Graphs, launches: Launches, known: Mapping[int, int | str]
) -> tuple[GraphLaunch, ...]:
    """The graph launches of a trace, in order of time, with their captures.

    Args:
        graphs: finds the capture of each.
        launches: the launches of the trace.
        known: see `Graphs.match`.
    """
    found = graph_launches(graphs.events, graphs.names, launches.launch)
    return tuple(graphs.match(row, places, known) for row, places in found)


def with_captured(
    launches: Launches, events: Events, graphs: Sequence[GraphLaunch], captured: Captured
) -> Launches:
    """The launches, and for activities of split graphs the launch that was captured, and its op."""
    split = [one for one in graphs if one.capture is not None]
    if not split:
        return launches
    nested = captured.nested("op")
    grafts = graft(
        events,
        launches.ops,
        split,
        templates_of(events, nested, split),
        nested,
        # Paths would take long to compare: without any op around the launch, all are replayed.
        lambda place, around: len(around) if place >= 0 else 0,
        len(launches.activity),
    )
    row = np.full(len(launches.activity), -1, np.int64)
    for one in split:
        assert one.capture is not None
        row[one.activities] = one.capture.launches
    op = np.append(grafts.moved, -1)[launches.op]
    op[row >= 0] = grafts.owner[row >= 0]
    return replace(launches, op=op, ops=grafts.nesting, captured=row, grafts=grafts)
