"""The labels of a SAM model: roles of its modules, functions worth a range, labels of ops.

Classes are recognised by name and attributes, not by package (`samprof.sam.model.families`).
"""

import sys
from collections.abc import Iterator

from torch import nn

from samprof.record.labels import Function, ModelLabels
from samprof.sam.model import families
from samprof.sam.model.colors import COLORS
from samprof.sam.model.parts import Parts
from samprof.sam.model.pipeline import COMPONENTS, functions_around
from samprof.sam.model.recognise import component_role, is_block, is_whole_model, root_name

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


def describe(module: nn.Module) -> ModelLabels:
    """Name, roles and functions of a SAM module; empty labels for any other module.

    Args:
        module: `Sam`, one of its components, or any module around them.

    Example:
        >>> describe(nn.Linear(1, 1)).roles
        {}
    """
    if not isinstance(module, nn.Module):
        return ModelLabels()
    parts = Parts()
    functions: dict[str, Function] = {}
    remarks: dict[str, str] = {}
    for path, child in module.named_modules():
        if is_whole_model(child):
            parts.add(path, families.SAM)
            parts.add_children(path, child, families.PARTS)
            functions |= functions_around(type(child))
        component = component_role(child)
        if component is not None:
            parts.add(path, component)
        role = parts.roles.get(path)
        if role == families.IMAGE_ENCODER:
            parts.add_encoder(path, child)
            remarks.update((path, text) for text in _padding(child))
        elif role == families.MASK_DECODER:
            parts.add_decoder(path, child)
        elif is_block(child):
            parts.add_block(path, child)
            functions |= _functions_of(child)
    if not parts.roles:
        return ModelLabels()
    fused = any(type(child).__name__ in families.FUSED_ATTENTION for child in module.modules())
    attention = _FUSED_OPS if fused else _ATTENTION_OPS
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
        components=COMPONENTS
        | {role: role for role in families.MEMORY if role in parts.roles.values()},
        remarks=remarks,
        colors=COLORS,
    )


def _padding(encoder: nn.Module) -> Iterator[str]:
    """A remark on how much the windows of an encoder pad its tokens, if they do."""
    position = getattr(encoder, "pos_embed", None)
    windows = {int(getattr(block, "window_size", 0)) for block in encoder.modules()} - {0}
    if position is None or position.ndim != 4 or len(windows) != 1:
        return
    (window,), (_, tokens, across, _) = windows, position.shape
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
    for part in (block, getattr(block, "attn", None)):
        for kind in type(part).__mro__:
            for name in vars(kind).keys() & families.BLOCK_FUNCTIONS.keys():
                method = Function(
                    kind.__module__,
                    f"{kind.__qualname__}.{name}",
                    families.BLOCK_FUNCTIONS[name],
                )
                found[f"{method.module}.{method.name}"] = method
    return found
