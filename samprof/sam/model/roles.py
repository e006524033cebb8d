"""The labels of a SAM model: roles of its modules, functions worth a range, labels of ops.

Classes are recognised by name and attributes, not by package (`samprof.sam.model.families`).
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

import torch
from torch import nn

from samprof.record.ranges.labels import Function, ModelLabels
from samprof.sam.model import families
from samprof.sam.model.colors import COLORS
from samprof.sam.model.parts import Parts
from samprof.sam.model.pipeline import COMPONENTS, functions_around, is_found_by_name
from samprof.sam.model.recognise import (
    component_role,
    is_block,
    is_whole_model,
    prompt_and_mask_classes,
    root_name,
    scope_of,
)
from samprof.sam.model.structure import is_inside, join, unwrapped

T = TypeVar("T")

_ATTENTION_OPS: dict[str, str | list[str]] = {
    "aten::mul": "scores",
    "aten::transpose": "scores",
    "aten::matmul": ["scores", "weighted_sum"],
    "aten::softmax": "softmax",
    "aten::scaled_dot_product_attention": "scaled_dot_product_attention",
    "aten::reshape": "heads",
    "aten::permute": "heads",
    "aten::unbind": "heads",
    "aten::view": "heads",
}
_FUSED_OPS = _ATTENTION_OPS | {"aten::transpose": "heads", "aten::mul": "mul"}
_ADDITION = {"aten::add": "residual"}
_COMPONENTS = {*COMPONENTS, *families.OF_SOME}


def describe(module: nn.Module) -> ModelLabels:
    """Name, roles and functions of a SAM module, and the repeated blocks of any other.

    What `torch.compile` and data parallel wrappers hold is described as if it stood alone.

    Args:
        module: `Sam`, one of its components, any module around them, or a stranger: of that the
            transformer blocks that are certain by their parts, and where blocks are repeated.

    Example:
        >>> describe(nn.Linear(1, 1)).roles
        {}
    """
    if not isinstance(module, nn.Module):
        return ModelLabels()
    if isinstance(module, torch.jit.ScriptModule):
        return ModelLabels(name=module.original_name)  # a row as a whole, under its usual name
    inner, below = unwrapped(module)
    labels = _described(inner)
    if not below:
        return labels
    return replace(
        labels,
        name=labels.name or type(inner).__name__,
        roles=_moved(labels.roles, below) | {"": labels.roles.get("", "")},
        blocks=frozenset(_moved(dict.fromkeys(labels.blocks), below)),
        remarks=_moved(labels.remarks, below),
    )


def _described(module: nn.Module) -> ModelLabels:
    parts = Parts()
    functions: dict[str, Function] = {}
    remarks: dict[str, str] = {}
    encoders: list[str] = []
    decoders: list[str] = []
    for path, child in module.named_modules():
        if is_whole_model(child):
            parts.add_whole(path, child)
            functions |= functions_around(type(child), prompt_and_mask_classes(child))
        component = component_role(child)
        if component is not None:
            parts.add(path, component)
        role = parts.roles.get(path)
        if role == families.IMAGE_ENCODER:
            encoders.append(path)
            parts.add_encoder(path, child)
            remarks.update((path, text) for text in _padding(child))
        elif role == families.MASK_DECODER:
            decoders.append(path)
            parts.add_decoder(path, child)
        elif is_block(child) and not any(is_inside(path, one) for one in decoders):
            inside = any(is_inside(path, one) for one in encoders)
            parts.add_block(path, child, scope_of(child, inside_encoder=inside))
            functions |= _functions_of(child)
    parts.add_repeated(module)
    if not parts.blocks:
        return ModelLabels()
    fused = any(type(child).__name__ in families.FUSED_ATTENTION for child in module.modules())
    attention = _FUSED_OPS if fused else _ATTENTION_OPS
    found = set(parts.roles.values())
    return ModelLabels(
        name=root_name(module),
        roles=parts.inherited(module),
        blocks=frozenset(parts.blocks),
        functions=tuple(functions.values()),
        inner_ops={
            "window attention": attention,
            "global attention": attention,
            "window block": _ADDITION,
            "global block": _ADDITION,
        },
        components=_components(found) if found & _COMPONENTS else {},
        remarks=remarks,
        colors=COLORS,
    )


def _components(roles: set[str]) -> dict[str, str]:
    return COMPONENTS | {role: role for role in families.OF_SOME if role in roles}


def _moved(paths: Mapping[str, T], below: str) -> dict[str, T]:
    return {join(below, path): value for path, value in paths.items()}


def _padding(encoder: nn.Module) -> Iterator[str]:
    """A remark on how much the windows of an encoder pad its tokens, if they do."""
    position = getattr(encoder, "pos_embed", None)
    windows = {getattr(block, "window_size", 0) for block in encoder.modules()} - {0}
    if position is None or position.ndim != 4 or len(windows) != 1:
        return
    (window,), (_, tokens, across, _) = windows, position.shape
    if not isinstance(window, int):
        return
    padded = -(-tokens // window) * window
    if padded > tokens == across:
        yield (
            f"windows of {window} pad {tokens} x {tokens} tokens to {padded} x {padded}: "
            f"{padded**2 / tokens**2 - 1:.0%} more tokens in window attention"
        )


def _functions_of(block: nn.Module) -> dict[str, Function]:
    """Functions of the module that defines the block's class, and methods of the block's parts."""
    home = type(block).__module__
    found = {
        f"{home}.{name}": Function(home, name, role)
        for name, role in families.BLOCK_FUNCTIONS.items()
        if callable(getattr(sys.modules.get(home), name, None))
    }
    attentions = [getattr(block, name, None) for name in families.ATTENTIONS]
    for part in (block, *attentions):
        for kind in type(part).__mro__:
            for name in vars(kind).keys() & families.BLOCK_FUNCTIONS.keys():
                if is_found_by_name(kind):
                    role = families.BLOCK_FUNCTIONS[name]
                    method = Function(kind.__module__, f"{kind.__qualname__}.{name}", role)
                    found[f"{method.module}.{method.name}"] = method
    return found
