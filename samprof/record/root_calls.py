"""The size of the root's input at each of its calls, kept beside what the profiler records."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

Note = Callable[[Sequence[Any], Mapping[str, Any]], None]
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

        def note(args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
            if self._calls is not None:
                # While torch.jit.trace looks on, sizes are no numbers.
                size = input_size(args, kwargs) if torch._C._get_tracing_state() is None else 0
                self._calls.setdefault(root, []).append((threading.get_native_id(), size))

        return note


def input_size(args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """The first dimension of the first tensor; of a list of examples its length; 0 where there is none.

    Example:
        >>> input_size([torch.ones(4, 3)], {}), input_size([[{"image": torch.ones(3, 8, 8)}] * 2], {})
        (4, 2)
    """
    for value in (*args, *kwargs.values()):
        found = _size(value)
        if found:
            return found
    return 0


def _size(value: Any) -> int:
    if isinstance(value, torch.Tensor):
        return int(value.shape[0]) if value.dim() else 0
    if isinstance(value, list | tuple):
        if value and all(isinstance(one, Mapping) for one in value):
            return len(value)
        return next(filter(None, map(_size, value)), 0)
    if isinstance(value, Mapping):
        return next(filter(None, map(_size, value.values())), 0)
    return 0
