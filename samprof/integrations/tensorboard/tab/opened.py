"""The traces that are in memory while somebody looks at them."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from samprof.integrations.tensorboard.timeline.tracks import Timeline, timeline_of
from samprof.trace import Trace, load_trace

_MOST_EVENTS = 500_000
"""Before another one is read, traces are dropped until they hold no more than this, the one that nobody
has looked at for longest first: memory is that of the largest trace, and half a million events."""


class Opened(NamedTuple):
    """A trace, and its slices."""

    trace: Trace
    timeline: Timeline


class OpenTraces:
    """Reads traces, each from its cache if it has one, and remembers those that were asked for last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: OrderedDict[tuple[str, int, int], Opened] = OrderedDict()

    def get(self, path: Path) -> Opened:
        """The trace in a file as it is now; one at a time is read.

        Raises:
            TraceError: it cannot be read.
        """
        status = path.stat()
        key = (str(path.resolve()), status.st_size, status.st_mtime_ns)
        with self._lock:
            if key not in self._held:
                while sum(len(held.trace.events) for held in self._held.values()) > _MOST_EVENTS:
                    self._held.popitem(last=False)
                trace = load_trace(path, cache=True)
                self._held[key] = Opened(trace, timeline_of(trace))
            self._held.move_to_end(key)
            return self._held[key]
