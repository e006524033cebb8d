"""Callables replaced while recordings run, each by one that enters ranges, and put back afterwards.

A wrapped forward with the profiler's fast record function is the cheapest way there is to name a
module (measured in docs/how-it-works.md). Several recordings may name the same callable: it is
wrapped once, and enters the ranges of all of them.
"""

import functools
import sys
from collections.abc import Callable
from contextlib import ExitStack
from threading import RLock, get_ident
from typing import Any

import torch
from torch import nn

from samprof.record.elsewhere import Elsewhere
from samprof.record.knowledge import Function
from samprof.record.select import Selection, range_name

elsewhere = Elsewhere()
_lock = RLock()
_patches: dict[tuple[int, str], "_Patch"] = {}


def fast_record_function() -> tuple[type, str]:
    """The cheapest class that enters a named range, and what it is called in the metadata."""
    try:
        from torch._C._profiler import _RecordFunctionFast
    except ImportError:
        return torch.profiler.record_function, "record_function"
    return _RecordFunctionFast, "_RecordFunctionFast"


def enter_ranges(selection: Selection, stack: ExitStack) -> None:
    """Makes the selected modules and functions enter their ranges until the stack is closed."""
    for module, path in selection.modules.items():
        _add(module.__dict__, _entry_point(module), module, range_name(path), stack)
    for function in selection.functions:
        namespace = vars(sys.modules[function.module])
        _add(namespace, function.name, None, range_name(f"{function.name}()"), stack)


def known_functions(functions: tuple[Function, ...]) -> tuple[Function, ...]:
    """Those functions that exist in a module that has been imported."""
    return tuple(
        function
        for function in functions
        if callable(getattr(sys.modules.get(function.module), function.name, None))
    )


def _entry_point(module: nn.Module) -> str:
    """What a call of the module runs: the compiled call of `module.compile()`, else its forward."""
    compiled = getattr(module, "_compiled_call_impl", None) is not None
    return "_compiled_call_impl" if compiled else "forward"


def _add(
    namespace: dict[str, Any], key: str, module: nn.Module | None, name: str, stack: ExitStack
) -> None:
    with _lock:
        patch = _patches.get((id(namespace), key))
        if patch is None:
            patch = _patches[id(namespace), key] = _Patch(namespace, key, module)
        patch.add(name)
        stack.callback(_remove, patch, name)


def _remove(patch: "_Patch", name: str) -> None:
    with _lock:
        patch.remove(name)
        if not patch.names:
            del _patches[id(patch.namespace), patch.key]


class _Patch:
    """One replaced callable in a namespace (a module's `__dict__`, or a Python module's globals)."""

    def __init__(self, namespace: dict[str, Any], key: str, module: nn.Module | None) -> None:
        self.namespace = namespace
        self.key = key
        self.names: list[str] = []
        self._was_there = key in namespace
        self._original = namespace[key] if self._was_there else getattr(module, key)
        self._installed: Callable[..., Any] | None = None

    def add(self, name: str) -> None:
        self.names.append(name)
        self._update()

    def remove(self, name: str) -> None:
        self.names.remove(name)
        self._update()

    def _update(self) -> None:
        if self._installed is not None and self.namespace.get(self.key) is not self._installed:
            return  # someone put their own callable here meanwhile: it is theirs to take away
        if self.names:
            self._installed = _entering(self._original, tuple(dict.fromkeys(self.names)))
            self.namespace[self.key] = self._installed
        elif self._was_there:
            self.namespace[self.key] = self._original
        else:
            del self.namespace[self.key]


def _entering(call: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    """The callable inside ranges of these names; while torch.compile traces it, the callable alone."""
    enter, _ = fast_record_function()
    is_compiling = torch.compiler.is_compiling

    if len(names) > 1:
        inner = _entering(call, names[1:])
        return _entering(inner, names[:1])
    (name,) = names

    @functools.wraps(call)
    def in_range(*args: Any, **kwargs: Any) -> Any:
        if is_compiling():
            return call(*args, **kwargs)
        home = elsewhere.home
        if home is not None and get_ident() != home and elsewhere.misses():
            return elsewhere.call(name, call, *args, **kwargs)
        # A fresh object a call: one object for all calls would break on recursion and threads.
        with enter(name):
            return call(*args, **kwargs)

    return in_range
