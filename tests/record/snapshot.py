"""What a recording could leave behind: every place it may touch, compared by identity."""

import sys
import threading
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from samprof.record import session
from samprof.record.ranges import entering, patches

Places = Mapping[str, Mapping[Any, Any]]


def world(*modules: nn.Module) -> dict[str, dict[Any, Any]]:
    """Place -> a copy of what stands there: modules' `__dict__`s, hooks, globals, samprof's own."""
    places: dict[str, dict[Any, Any]] = {}
    for number, root in enumerate(modules):
        for path, module in root.named_modules(prefix=f"module {number}"):
            places[path] = dict(module.__dict__)
            for name, value in module.__dict__.items():
                if isinstance(value, dict):
                    places[f"{path} {name}"] = dict(value)
            places[f"class {type(module).__qualname__}"] = dict(vars(type(module)))
    for name, package in sorted(sys.modules.items()):
        if name.startswith("segment_anything"):
            places[name] = dict(vars(package))
    places["nn.Module"] = dict(vars(nn.Module))
    places["threading"] = dict(vars(threading))
    places["threading.Thread"] = dict(vars(threading.Thread))
    for package in (torch.nn.modules.module, torch.profiler, torch.autograd.profiler):
        places[package.__name__] = dict(vars(package))
        for name, value in vars(package).items():
            if name.startswith("_global") and isinstance(value, dict):
                places[f"{package.__name__}.{name}"] = dict(value)
    places["interpreter"] = {
        "profile": sys.getprofile(),
        "trace": sys.gettrace(),
        "thread profile": threading.getprofile(),
        "torch profiler": torch._C._autograd._profiler_enabled(),
        "torch.profiler": torch.autograd.profiler._is_profiler_enabled,
    }
    places["samprof"] = {
        "session": session._open,
        "thread": entering.other_threads.home,
        "ranges": len(entering.other_threads._ranges),
        "replaced": len(patches._patches),
    }
    return places


def assert_untouched(before: Places, after: Places) -> None:
    """Every place holds the same objects under the same keys."""
    changed = [
        f"{place}: {key}"
        for place in {**before, **after}
        for key in {**before.get(place, {}), **after.get(place, {})}
        if before.get(place, {}).get(key, _absent) is not after.get(place, {}).get(key, _absent)
    ]
    assert not changed


_absent = object()
