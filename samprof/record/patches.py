"""Patches that make callables enter ranges while recordings run, and are undone afterwards.

Wrapping the forward with the profiler's fast record function is the cheapest way to name a module
(measured in docs/how-it-works.md). If several recordings name the same callable, it is wrapped once
and enters the ranges of all of them.
"""

import functools
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from threading import RLock, get_ident
from typing import Any, SupportsIndex

import torch
from torch import nn

from samprof.record.other_threads import OtherThreads
from samprof.record.root_calls import Note, RootCalls
from samprof.record.select import Selection, range_name

other_threads = OtherThreads()
root_calls = RootCalls()
_lock = RLock()
_patches: dict[tuple[int, str], "_Patch"] = {}
_COPYING = "__reduce_ex__"


def fast_record_function() -> tuple[type, str]:
    """The cheapest class that enters a named range, and its name in the metadata."""
    try:
        from torch._C._profiler import _RecordFunctionFast
    except ImportError:
        return torch.profiler.record_function, "record_function"
    return _RecordFunctionFast, "_RecordFunctionFast"


def enter_ranges(selection: Selection, stack: ExitStack) -> None:
    """Makes the selected modules and functions enter their ranges until the stack is closed."""
    for module, path in selection.modules.items():
        note = root_calls.noting(path) if path == selection.root else None
        _add(module, _entry_point(module), range_name(path), stack, note)
    for function, name in selection.functions:
        owner: Any = sys.modules[function.module]
        holder, _, key = function.name.rpartition(".")
        _add(getattr(owner, holder) if holder else owner, key, name, stack)


def around(call: Callable[..., Any], path: str) -> Callable[..., Any]:
    """The callable, wrapped in the range of a root."""
    name = range_name(path)
    return entering(call, (name,), _Switch(), {name: root_calls.noting(path)})


@contextmanager
def annotation(name: str) -> Iterator[None]:
    """A user annotation in the trace, whatever thread enters it."""
    if other_threads.home is not None and other_threads.misses():
        with other_threads.timed(name):
            yield
    else:
        with torch.profiler.record_function(name):
            yield


def _entry_point(module: nn.Module) -> str:
    """The attribute that a call of the module runs: that of `module.compile()`, else its forward."""
    compiled = getattr(module, "_compiled_call_impl", None) is not None
    return "_compiled_call_impl" if compiled else "forward"


def _add(owner: Any, key: str, name: str, stack: ExitStack, note: Note | None = None) -> None:
    with _lock:
        patch = _patches.get((id(owner), key))
        if patch is None:
            patch = _patches[id(owner), key] = _Patch(owner, key)
        patch.add(name, note)
        stack.callback(_remove, patch, name)


def _remove(patch: "_Patch", name: str) -> None:
    with _lock:
        patch.remove(name)
        if not patch.names:
            del _patches[id(patch.owner), patch.key]


class _Patch:
    """One replaced callable of a module, a class or a Python module: an entry of its `__dict__`."""

    def __init__(self, owner: Any, key: str) -> None:
        self.owner = owner
        self.key = key
        self.names: list[str] = []
        self._notes: dict[str, Note] = {}
        self._was_there = key in vars(owner)
        self._original = vars(owner)[key] if self._was_there else getattr(owner, key)
        self._installed: Any = None
        self._switch = _Switch()

    def add(self, name: str, note: Note | None) -> None:
        self.names.append(name)
        if note is not None:
            self._notes[name] = note
        self._update()

    def remove(self, name: str) -> None:
        self.names.remove(name)
        self._update()

    def _update(self) -> None:
        self._switch.on = False  # references to the old wrapper now call the original only
        if self._installed is not None and vars(self.owner).get(self.key) is not self._installed:
            return  # someone replaced it meanwhile: theirs stays
        if self.names:
            self._install()
        elif self._was_there:
            self._put(self.key, self._original)
        else:
            self._take_away(self.key)
        if not self.names and vars(self.owner).get(_COPYING) == self._reduced:
            self._take_away(_COPYING)

    def _install(self) -> None:
        self._switch = _Switch()
        names = tuple(dict.fromkeys(self.names))
        if isinstance(self._original, staticmethod):
            inner = entering(self._original.__func__, names, self._switch, self._notes)
            self._installed = staticmethod(inner)
        else:
            self._installed = entering(self._original, names, self._switch, self._notes)
        self._put(self.key, self._installed)
        if isinstance(self.owner, nn.Module) and _COPYING not in vars(self.owner):
            self._put(_COPYING, self._reduced)

    def _put(self, key: str, value: Any) -> None:
        if isinstance(self.owner, type):
            setattr(self.owner, key, value)
        else:  # not setattr, which nn.Module overrides
            vars(self.owner)[key] = value

    def _take_away(self, key: str) -> None:
        if isinstance(self.owner, type):
            delattr(self.owner, key)
        else:
            del vars(self.owner)[key]

    def _reduced(self, protocol: SupportsIndex) -> Any:
        """Copies and pickles the module without its wrapper.

        A copied wrapper would run the forward of the original module.
        """
        plain: Any = type(self.owner).__reduce_ex__
        function, arguments, state, *rest = plain(self.owner, protocol)
        if isinstance(state, dict) and state.get(self.key) is self._installed:
            state = {key: value for key, value in state.items() if key not in (self.key, _COPYING)}
            if self._was_there:
                state[self.key] = self._original
        return function, arguments, state, *rest


class _Switch:
    """Whether a wrapper still enters its range."""

    __slots__ = ("on",)

    def __init__(self) -> None:
        self.on = True


def entering(
    call: Callable[..., Any],
    names: tuple[str, ...],
    switch: _Switch,
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
