"""Ranges of threads that the profiler does not see, timed by the system clock that its times follow.

With memory events the profiler follows the thread that started it (and what autograd starts for it);
other threads leave only their kernels and launches. Their ranges are kept here and put into the trace
file when the session ends, so that those kernels find their layer.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from samprof.units import microseconds_text

Range = tuple[str, int, int, int]
"""Name, native thread id, start and end in nanoseconds of the system clock."""


class Elsewhere:
    """What ran on other threads since `begin`.

    Attributes:
        home: the thread that the profiler follows; None while there is nothing to keep.
    """

    def __init__(self) -> None:
        self.home: int | None = None
        self._ranges: list[Range] = []

    def begin(self) -> None:
        """Keeps the ranges of threads other than this one, from now on."""
        self._ranges = []
        self.home = threading.get_ident()

    def end(self) -> list[Range]:
        """Stops keeping; returns what was kept."""
        self.home = None
        kept, self._ranges = self._ranges, []
        return kept

    def misses(self) -> bool:
        """Whether the profiler does not see the calling thread."""
        return not torch._C._autograd._profiler_enabled()

    def call(self, name: str, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """The call's result; its time is kept as a range of this name."""
        with self.timed(name):
            return call(*args, **kwargs)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Keeps the time of the block as a range of this name."""
        kept = self._ranges  # a block that outlasts the session is not the next one's
        start = time.time_ns()
        try:
            yield
        finally:
            kept.append((name, threading.get_native_id(), start, time.time_ns()))


def as_events(ranges: Sequence[Range], head: bytes) -> Iterator[bytes]:
    """The ranges as events of a trace that begins with this head, which says where its clock starts."""
    _, found, rest = head.partition(b'"baseTimeNanoseconds": ')
    base = int(rest.split(b",", maxsplit=1)[0]) if found else 0
    for name, tid, start, end in ranges:
        event = json.dumps({"ph": "X", "cat": "user_annotation", "name": name, "pid": os.getpid()})
        ts, dur = microseconds_text(start - base), microseconds_text(end - start)
        yield f'{event[:-1]}, "tid": {tid}, "ts": {ts}, "dur": {dur}}}'.encode()
