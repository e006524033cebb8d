"""Callables that enter ranges while recordings run, and are as they were afterwards.

If several recordings name the same callable, it is wrapped once and enters the ranges of all of them.
"""

import functools
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from threading import RLock
from typing import Any, SupportsIndex

import torch
from torch import nn

from samprof.record.ranges.entering import Switch, entering
from samprof.record.ranges.patch import Patch, Use, Wrap
from samprof.record.ranges.root_calls import RootCalls
from samprof.record.ranges.select import Selection, has_forward, range_name, static_forward

root_calls = RootCalls()
_lock = RLock()
_patches: dict[tuple[int, str], Patch] = {}


def enter_ranges(selection: Selection, user: object) -> None:
    """Makes the selected modules and functions enter their ranges until `leave_ranges`.

    Args:
        selection: the modules and functions.
        user: whoever leaves them.
    """
    for module, path in selection.modules.items():
        note = root_calls.noting(path) if path == selection.root else None
        if not has_forward(module):  # Python looks for `__call__` on the class only
            _add(type(module), "__call__", _by_instance, Use(user, range_name(path), note, module))
            continue
        _add(module, _entry_point(module), _in_ranges, Use(user, range_name(path), note))
        _add(module, "__reduce_ex__", _copying, Use(user, instance=module))
    for method, name in selection.methods.items():
        _add(selection.module, method, _in_ranges, Use(user, name))
        _add(selection.module, "__reduce_ex__", _copying, Use(user, instance=selection.module))
    for function, name in selection.functions:
        owner: Any = sys.modules[function.module]
        holder, _, key = function.name.rpartition(".")
        _add(getattr(owner, holder) if holder else owner, key, _in_ranges, Use(user, name))
    if hasattr(torch.jit._script, "_script_impl"):
        _add(torch.jit._script, "_script_impl", _scripting, Use(user))


def leave_ranges(user: object) -> None:
    """Ends all ranges of this user; may be called again where it was interrupted."""
    with _lock:
        for place, patch in list(_patches.items()):
            patch.remove(user)
            if not patch.uses:
                del _patches[place]


def around(call: Callable[..., Any], path: str) -> Callable[..., Any]:
    """The callable, wrapped in the range of a root."""
    name = range_name(path)
    return entering(call, (name,), Switch(), {name: root_calls.noting(path)})


def _entry_point(module: nn.Module) -> str:
    """The attribute that a call of the module runs: that of `module.compile()`, else its forward.

    A property that gives the forward would win over a wrapper: then what calls it is wrapped.
    """
    if getattr(module, "_compiled_call_impl", None) is not None:
        return "_compiled_call_impl"
    return "_call_impl" if isinstance(static_forward(module), property) else "forward"


def _add(owner: Any, key: str, wrap: Wrap, use: Use) -> None:
    with _lock:
        patch = _patches.get((id(owner), key))
        if patch is None:
            patch = _patches[id(owner), key] = Patch(owner, key, wrap)
        patch.add(use)


def _in_ranges(original: Any, uses: Sequence[Use], switch: Switch) -> Any:
    """The original in the ranges of its uses."""
    names = tuple(dict.fromkeys(use.name for use in uses))
    notes = {use.name: use.note for use in uses if use.note is not None}
    if isinstance(original, staticmethod):
        return staticmethod(entering(original.__func__, names, switch, notes))
    return entering(original, names, switch, notes)


def _by_instance(original: Any, uses: Sequence[Use], switch: Switch) -> Any:
    """The `__call__` of a class, in the ranges of those of its modules that have uses."""
    wrapped = {
        id(use.instance): _in_ranges(
            original, [other for other in uses if other.instance is use.instance], switch
        )
        for use in uses
    }

    @functools.wraps(original)
    def call(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        return wrapped.get(id(self), original)(self, *args, **kwargs)

    return call


def _copying(original: Any, uses: Sequence[Use], switch: Switch) -> Any:
    """What copies and pickles a module without its wrappers: a copied one would run the original."""
    del switch
    owner = uses[0].instance

    def reduced(protocol: SupportsIndex) -> Any:
        function, arguments, state, *rest = original(protocol)
        if isinstance(state, dict):
            state = dict(state)
            for (place, _), patch in list(_patches.items()):
                if place == id(owner):
                    patch.put_back(state)
        return function, arguments, state, *rest

    return reduced


def _scripting(original: Any, uses: Sequence[Use], switch: Switch) -> Any:
    """What `torch.jit.script` does, on the originals: of a wrapper it would compile the wrong names."""
    del uses, switch

    def script(*args: Any, _frames_up: int = 0, **kwargs: Any) -> Any:
        with _lock, ExitStack() as undo:
            for patch in list(_patches.values()):
                undo.enter_context(patch.away())
            # One more frame lies between it and the names that its caller knows.
            return original(*args, _frames_up=_frames_up + 1, **kwargs)

    return script
