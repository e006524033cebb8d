"""Which modules and functions become ranges at a granularity."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from samprof.errors import UsageError
from samprof.record.ranges.labels import GRANULARITIES, Function, ModelLabels
from samprof.record.ranges.methods import checked_methods, methods_of
from samprof.trace.model.events import RANGE_PREFIX
from samprof.trace.model.names import encoded

_BLOCK_DEPTH = 2
_WRAPPED = "_orig_mod"
LAZY = "some parameters had no shape yet when the recording began: their bytes are not counted"


@dataclass(frozen=True, slots=True)
class Selection:
    """The ranges of a recording.

    Attributes:
        root: the first part of every name.
        module: the root.
        modules: module -> full name of its range.
        functions: functions with the full names of their ranges.
        methods: methods of the root -> full name of the range.
        metadata: what the trace file holds: root, granularity, modules (path -> type and role),
            functions (name -> role), methods (names of ranges that count only where they are outermost
            and others are inside), inner_ops (path -> op labels), components (role -> component),
            weights (path -> bytes of parameters and buffers, those inside included), remarks
            (path -> text), inside (path of a compiled module -> the class of each module inside).
    """

    root: str
    module: nn.Module
    modules: dict[nn.Module, str]
    functions: tuple[tuple[Function, str], ...]
    methods: dict[str, str]
    metadata: dict[str, Any]


def select(
    module: nn.Module,
    name: str | None,
    granularity: str,
    labels: ModelLabels,
    *,
    whole: bool = False,
    methods: Sequence[str] = (),
) -> Selection:
    """The modules and functions below `module` that get a range at this granularity.

    Args:
        module: the root.
        name: what to call it; None for the name in its labels, or that of its class.
        granularity: block, layer or op.
        labels: names and roles of its parts.
        whole: whether the root's range is entered around more than its forward, which then gets none.
        methods: methods of the root that get a range wherever they are called.

    Raises:
        UsageError: an unknown granularity, an empty name, or no such method.
    """
    if granularity not in GRANULARITIES:
        choices = ", ".join(GRANULARITIES)
        cause = "unknown granularity"
        raise UsageError("profile", f"granularity={granularity!r}", cause, f"use one of {choices}")
    root = name if name is not None else labels.name or type(inner_module(module)).__name__
    if not isinstance(root, str) or not root or root.startswith("("):
        raise UsageError("profile", f"name={root!r}", "not a name", "give a short word")

    chosen: dict[nn.Module, str] = {}
    described: dict[str, list[str]] = {}
    weights: dict[str, int] = {}
    remarks = {_path_of(root, qualified): text for qualified, text in labels.remarks.items()}
    parts = reachable(module)
    for qualified, child in parts.items():
        if not _is_called(child) or not _is_wanted(module, qualified, granularity, labels):
            continue
        path = _path_of(root, qualified)
        described[path] = [type(inner_module(child)).__name__, labels.roles.get(qualified, "")]
        weights[path] = _held_bytes(child)
        if _is_lazy(child):
            remarks[path] = LAZY
        if qualified or not whole:
            chosen[child] = path
    inside: dict[str, dict[str, str]] = {}
    for qualified, child in parts.items():
        if is_compiled(child):
            around = _path_of(root, qualified)
            inside[around] = _classes_inside(child)
            for name, part in _inside(qualified, child):
                if _is_called(part) and _is_wanted(module, name, granularity, labels):
                    path = _path_of(root, name)
                    described[path] = [type(part).__name__, labels.roles.get(name, "")]
                    weights[path] = _held_bytes(part)
    compiled = homes_of([child for child in parts.values() if is_compiled(child)])
    functions = tuple(
        (function, range_name(f"{root if function.starts else ''}.{function.label}"))
        for function in labels.functions
        if GRANULARITIES.index(function.granularity) <= GRANULARITIES.index(granularity)
        and function.module not in compiled  # else it would be compiled again, with the range
    )
    known = {function.name.rpartition(".")[2] for function, _ in functions}
    offered = (
        [] if is_opaque(module) else [name for name in methods_of(module) if name not in known]
    )
    checked_methods(module, root, methods)
    inner_ops = {
        path: labels.inner_ops.get(described[path][1], {})
        for child, path in chosen.items()
        if granularity == "op" and not _is_builtin_leaf(child) and not is_opaque(child)
    }
    metadata = {
        "root": root,
        "granularity": granularity,
        "modules": described,
        "functions": {function.label: function.role for function, _ in functions},
        "methods": [f"{root}.{name}()" for name in offered if name not in methods],
        "inner_ops": inner_ops,
        "components": dict(labels.components),
        "weights": weights,
        "remarks": remarks,
        "inside": inside,
    }
    entered = {name: range_name(f"{root}.{name}()") for name in (*offered, *methods)}
    return Selection(root, module, chosen, functions, entered, metadata)


def range_name(path: str) -> str:
    """The name of the range in the trace."""
    return RANGE_PREFIX + encoded(path)


def reachable(module: nn.Module) -> dict[str, nn.Module]:
    """Qualified name -> module, without those inside compiled or scripted modules."""
    found: dict[str, nn.Module] = {}
    opaque: list[str] = []
    for qualified, child in module.named_modules():
        if any(qualified.startswith(prefix) for prefix in opaque):
            continue
        found[qualified] = child
        if is_opaque(child):
            opaque.append(f"{qualified}." if qualified else "")
    return found


def _path_of(root: str, qualified: str) -> str:
    """The path of a module; what `torch.compile` put around it has no name in it."""
    return ".".join([root, *(part for part in qualified.split(".") if part and part != _WRAPPED)])


def _inside(qualified: str, compiled: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The modules inside of a compiled one, by their names from the root."""
    inner = inner_module(compiled)
    around = qualified if inner is compiled else f"{qualified}.{_WRAPPED}".strip(".")
    for name, module in inner.named_modules(prefix=around):
        if module is not inner:
            yield name, module


def _classes_inside(compiled: nn.Module) -> dict[str, str]:
    """Name below the compiled module -> class, of all modules inside of it."""
    return {
        _path_of("", name).removeprefix("."): type(inner_module(module)).__name__
        for name, module in _inside("", compiled)
    }


def is_opaque(module: nn.Module) -> bool:
    """Whether the module runs as one region that ranges inside it would break up.

    DataParallel runs copies of its module, on which a wrapped forward would run the original.
    """
    return isinstance(module, torch.jit.ScriptModule | nn.DataParallel) or is_compiled(module)


def is_compiled(module: nn.Module) -> bool:
    """Whether torch.compile was given the module, its call or its forward."""
    if getattr(module, "_compiled_call_impl", None) is not None:
        return True
    if inner_module(module) is not module:
        return True
    return hasattr(static_forward(module), "_torchdynamo_orig_callable")


def homes_of(modules: Iterable[nn.Module]) -> set[str]:
    """The Python modules that define the classes of these modules and of all inside."""
    kinds = {type(inside) for module in modules for inside in module.modules()}
    return {base.__module__ for kind in kinds for base in kind.__mro__}


def static_forward(module: nn.Module) -> Any:
    """The module's forward as it stands on it or on its class; a property is not asked for its value."""
    return vars(module).get("forward", getattr(type(module), "forward", None))


def inner_module(module: nn.Module) -> nn.Module:
    """The module that `torch.compile(module)` wraps; the module itself if it is no such wrapper."""
    parts = module.__dict__.get("_modules")  # of a scripted module it is no dict
    inner = parts.get("_orig_mod") if isinstance(parts, dict) else None
    return inner if isinstance(inner, nn.Module) else module


def _held_bytes(module: nn.Module) -> int:
    """Bytes of all parameters and buffers of the module, shared ones counted once."""
    held = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    shaped = [tensor for tensor in held.values() if not is_lazy(tensor)]
    return sum(tensor.numel() * tensor.element_size() for tensor in shaped)


def _is_lazy(module: nn.Module) -> bool:
    """Whether some of its parameters or buffers have no shape before its first call."""
    return any(map(is_lazy, (*module.parameters(), *module.buffers())))


def has_forward(module: nn.Module) -> bool:
    """Whether the module has a forward; a class may override `__call__` instead."""
    if isinstance(module, torch.jit.ScriptModule):
        return True
    return type(module).forward is not nn.Module.forward or "forward" in module.__dict__


def _is_called(module: nn.Module) -> bool:
    """Whether the module can be called: containers such as ModuleList never are."""
    return has_forward(module) or type(module).__call__ is not nn.Module.__call__


def _is_wanted(module: nn.Module, qualified: str, granularity: str, labels: ModelLabels) -> bool:
    if granularity != "block" or not qualified:
        return True
    if qualified in labels.roles and labels.blocks:
        return qualified in labels.blocks
    return _call_depth(module, qualified) <= _BLOCK_DEPTH


def _call_depth(module: nn.Module, qualified: str) -> int:
    """How many called modules lead to this one; a ModuleList on the path does not count."""
    depth, prefix = 0, ""
    for part in qualified.split("."):
        prefix = f"{prefix}.{part}" if prefix else part
        depth += part != _WRAPPED and _is_called(module.get_submodule(prefix))
    return depth


def _is_builtin_leaf(module: nn.Module) -> bool:
    """Whether it is a torch.nn module without children: one op, whose row would repeat the module's."""
    return type(module).__module__.startswith("torch.nn.") and not any(module.children())
