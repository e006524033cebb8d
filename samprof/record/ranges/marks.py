"""User annotations that samprof makes itself: steps, and where a recording begins and ends."""

import time
from typing import Any

import torch

from samprof.record.ranges.entering import other_threads


class Mark:
    """An annotation in the trace, whatever thread begins it.

    Attributes:
        name: what it is called.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._record: Any = None
        self._start_ns: int | None = None

    def begin(self) -> None:
        """Begins it."""
        if other_threads.home is not None and other_threads.misses():
            self._start_ns = time.time_ns()
            return
        self._record = torch.profiler.record_function(self.name)
        self._record.__enter__()

    def end(self) -> None:
        """Ends it, if it has begun."""
        if self._start_ns is not None:
            other_threads.add(self.name, self._start_ns)
            self._start_ns = None
        if self._record is not None:
            if self._record.record is not None:  # else an interrupt came before it was entered
                self._record.__exit__(None, None, None)
            self._record = None
