"""Wrappers that enter a range around a call.

Wrapping a callable with the profiler's fast record function is the cheapest way to name what it does
(measured in docs/how-it-works.md).
"""

import functools
from collections.abc import Callable, Mapping
from threading import get_ident
from typing import Any

import torch

from samprof.record.ranges.other_threads import OtherThreads
from samprof.record.ranges.root_calls import Note

other_threads = OtherThreads()


class Switch:
    """Whether a wrapper still enters its range."""

    __slots__ = ("on",)

    def __init__(self) -> None:
        self.on = True


def fast_record_function() -> tuple[type, str]:
    """The cheapest class that enters a named range, and its name in the metadata."""
    try:
        from torch._C._profiler import _RecordFunctionFast
    except ImportError:
        return torch.profiler.record_function, "record_function"
    return _RecordFunctionFast, "_RecordFunctionFast"


def entering(
    call: Callable[..., Any],
    names: tuple[str, ...],
    switch: Switch,
    notes: Mapping[str, Note],
) -> Callable[..., Any]:
    """The callable, wrapped in ranges of these names; torch.compile traces the callable alone.

    Args:
        call: the callable.
        names: of the ranges, from the outermost in.
        switch: whether they are entered.
        notes: what is told of the calls, by range.
    """
    enter, _ = fast_record_function()
    is_compiling = torch.compiler.is_compiling

    if len(names) > 1:
        inner = entering(call, names[1:], switch, notes)
        return entering(inner, names[:1], switch, notes)
    (name,) = names
    note = notes.get(name)

    @functools.wraps(call)
    def in_range(*args: Any, **kwargs: Any) -> Any:
        if is_compiling() or not switch.on:
            return call(*args, **kwargs)
        if note is not None:
            note(args, kwargs)
        home = other_threads.home
        if home is not None and get_ident() != home and other_threads.misses():
            return other_threads.call(name, call, *args, **kwargs)
        # A new object for every call: a shared one would break on recursion and threads. A with
        # statement would take a tenth longer.
        record = enter(name)
        try:
            record.__enter__()
            return call(*args, **kwargs)
        finally:
            record.__exit__(None, None, None)

    return in_range
