"""The size of the root's input at each of its calls, kept beside what the profiler records."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import torch

from samprof.record.ranges.input_size import size_of

Note = Callable[[tuple[Any, ...], Mapping[str, Any]], None]
"""Called with the arguments of a call."""


class RootCalls:
    """Collects the sizes between `begin` and `end`, by root and in the order of the calls."""

    def __init__(self) -> None:
        self._calls: dict[str, list[tuple[int, int]]] | None = None

    def begin(self) -> None:
        """Starts collecting."""
        self._calls = {}

    def end(self) -> dict[str, list[tuple[int, int]]]:
        """Stops collecting; root -> (native id of the thread, size) of each call."""
        calls, self._calls = self._calls, None
        return calls or {}

    def noting(self, root: str) -> Note:
        """What notes a call of this root."""

        def note(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
            if self._calls is not None:
                # While torch.jit.trace looks on, sizes are no numbers.
                size = size_of(args, kwargs) if torch._C._get_tracing_state() is None else None
                self._calls.setdefault(root, []).append((threading.get_native_id(), size or 0))

        return note
