"""Ranges of threads that the profiler does not see, timed with the system clock that it uses too.

With memory events the profiler records only the thread that started it (and the threads that autograd
starts for it); of other threads it sees only kernels and launches. Their ranges are collected here and
written into the trace file when the session ends, so that their kernels find their layer.

CUPTI names the thread of a launch by the low 32 bits of its pthread id. Kineto turns them into the
native id for the threads that it registered, which such a thread never was, and writes their absolute
value for all others. So the trace's metadata tells which native id each of those values stands for.
"""

import ctypes
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import torch

from samprof.units import microseconds_text


class Range(NamedTuple):
    """A range of another thread.

    Attributes:
        name: of the range.
        native_id, pthread_id: of its thread: the system's number, and that of `threading.get_ident`.
        start, end: nanoseconds of the system clock.
    """

    name: str
    native_id: int
    pthread_id: int
    start: int
    end: int


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
    thread = threading.get_native_id(), threading.get_ident()
    return Range(name, *thread, start_ns, time.time_ns())


def as_events(ranges: Sequence[Range], base_ns: int) -> Iterator[bytes]:
    """The ranges as events of a trace whose times count from that time of the system clock."""
    for one in ranges:
        about = {"ph": "X", "cat": "user_annotation", "name": one.name, "pid": os.getpid()}
        event = json.dumps(about)
        ts, dur = microseconds_text(one.start - base_ns), microseconds_text(one.end - one.start)
        yield f'{event[:-1]}, "tid": {one.native_id}, "ts": {ts}, "dur": {dur}}}'.encode()


def ids_of_launches(ranges: Iterable[Range]) -> list[tuple[int, int]]:
    """The id that a launch of each thread of the ranges bears, and that thread's native id.

    A thread may get the pthread id of one that has ended: then an id stands for both.
    """
    pairs = ((_written_by_kineto(one.pthread_id), one.native_id) for one in ranges)
    return list(dict.fromkeys(pairs))


def _written_by_kineto(pthread_id: int) -> int:
    """The low 32 bits as a signed number, made positive; `sanitizeTid` in libkineto's output_json.cpp.

    Example:
        >>> _written_by_kineto(0x7F00_1234_5678), _written_by_kineto(0x7F00_FFFF_FFF0)
        (305419896, 16)
    """
    signed = ctypes.c_int32(pthread_id).value
    return 0 if signed == -(2**31) else abs(signed)
