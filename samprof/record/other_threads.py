"""Ranges of threads that the profiler does not see, timed with the system clock that it uses too.

With memory events the profiler records only the thread that started it (and the threads that autograd
starts for it); of other threads it sees only kernels and launches. Their ranges are collected here and
written into the trace file when the session ends, so that their kernels find their layer.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from samprof.units import microseconds_text

Range = tuple[str, int, int, int]
"""Name, native thread id, start and end in nanoseconds of the system clock."""


class OtherThreads:
    """Collects the ranges of other threads between `begin` and `end`.

    Attributes:
        home: the thread that the profiler records; None while nothing is collected.
    """

    def __init__(self) -> None:
        self.home: int | None = None
        self._ranges: list[Range] = []

    def begin(self) -> None:
        """Starts collecting the ranges of all threads but the calling one."""
        self._ranges = []
        self.home = threading.get_ident()

    def end(self) -> list[Range]:
        """Stops collecting and returns the ranges."""
        self.home = None
        ranges, self._ranges = self._ranges, []
        return ranges

    def misses(self) -> bool:
        """Whether the profiler does not record the calling thread."""
        return not torch._C._autograd._profiler_enabled()

    def call(self, name: str, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Runs the call inside a range of this name and returns its result."""
        ranges = self._ranges  # a call that outlasts the session does not belong to the next one
        start = time.time_ns()
        try:
            return call(*args, **kwargs)
        finally:
            ranges.append(_range(name, start))

    def add(self, name: str, start_ns: int) -> None:
        """Collects a range of this name that began then and ends now."""
        self._ranges.append(_range(name, start_ns))


def _range(name: str, start_ns: int) -> Range:
    return name, threading.get_native_id(), start_ns, time.time_ns()


def as_events(ranges: Sequence[Range], head: bytes) -> Iterator[bytes]:
    """The ranges as events of a trace that begins with this head, which holds its time base."""
    _, found, rest = head.partition(b'"baseTimeNanoseconds": ')
    base = int(rest.split(b",", maxsplit=1)[0]) if found else 0
    for name, tid, start, end in ranges:
        event = json.dumps({"ph": "X", "cat": "user_annotation", "name": name, "pid": os.getpid()})
        ts, dur = microseconds_text(start - base), microseconds_text(end - start)
        yield f'{event[:-1]}, "tid": {tid}, "ts": {ts}, "dur": {dur}}}'.encode()
