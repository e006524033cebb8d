"""Ranges of threads that the profiler does not see, timed by the system clock that its times follow.

With memory events the profiler follows the thread that started it (and what autograd starts for it);
other threads leave only their kernels and launches. Their ranges are kept here and put into the trace
file when the session ends, so that those kernels find their layer.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

_EVENTS_KEY = b'"traceEvents": ['


class Elsewhere:
    """What ran on other threads since `begin`.

    Attributes:
        home: the thread that the profiler follows; None while there is nothing to keep.
    """

    def __init__(self) -> None:
        self.home: int | None = None
        self._ranges: list[tuple[str, int, int, int]] = []

    def begin(self) -> None:
        """Keeps the ranges of threads other than this one, from now on."""
        self._ranges = []
        self.home = threading.get_ident()

    def end(self) -> None:
        """Stops keeping; what is there waits for `write_into`."""
        self.home = None

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
        start = time.time_ns()
        try:
            yield
        finally:
            self._ranges.append((name, threading.get_native_id(), start, time.time_ns()))

    def write_into(self, path: Path) -> int:
        """Puts the kept ranges into an exported trace; returns how many there were."""
        kept, self._ranges = self._ranges, []
        if not kept:
            return 0
        with path.open("rb") as trace:
            head = b""
            while _EVENTS_KEY not in head:
                more = trace.read(1 << 20)
                if not more:
                    return 0
                head += more
            before, key, after = head.partition(_EVENTS_KEY)
            base = _base_time(before)
            events = [_event(*entry, base) for entry in kept]
            merged = path.with_suffix(".merged")
            with merged.open("wb") as out:
                out.write(before + key + b",\n".join(events) + b",\n" + after)
                while more := trace.read(1 << 20):
                    out.write(more)
        merged.replace(path)
        return len(events)


def _base_time(head: bytes) -> int:
    _, found, rest = head.partition(b'"baseTimeNanoseconds": ')
    return int(rest.split(b",", maxsplit=1)[0]) if found else 0


def _event(name: str, tid: int, start: int, end: int, base: int) -> bytes:
    head = json.dumps({"ph": "X", "cat": "user_annotation", "name": name, "pid": os.getpid()})
    times = (
        f'"tid": {tid}, "ts": {_microseconds(start - base)}, "dur": {_microseconds(end - start)}'
    )
    return f"{head[:-1]}, {times}}}".encode()


def _microseconds(ns: int) -> str:
    return f"{ns // 1000}.{ns % 1000:03d}"
