"""What the parts of Segment Anything are: roles by structure, functions worth a range, op labels.

Classes are known by their name and their attributes, not by their package (`samprof.sam.families`).
"""

import sys
from collections.abc import Iterator, Mapping

from torch import nn

from samprof.record.knowledge import Function, Knowledge
from samprof.sam import families
from samprof.sam.pipeline import COMPONENTS, functions_around

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


def describe(module: nn.Module) -> Knowledge:
    """Name, roles and functions of a SAM module; nothing is known of other modules.

    Args:
        module: `Sam`, one of its components, or any module around them.

    Example:
        >>> describe(nn.Linear(1, 1)).roles
        {}
    """
    if not isinstance(module, nn.Module):
        return Knowledge()
    roles: dict[str, str] = {}
    blocks: set[str] = set()
    functions: dict[str, Function] = {}
    remarks: dict[str, str] = {}
    for path, child in module.named_modules():
        if _named(child, families.WHOLE):
            roles[path] = families.SAM
            blocks.add(path)
            _describe_children(path, child, families.PARTS, roles, blocks)
            functions |= functions_around(type(child))
        component = _component(child)
        if component is not None:
            roles[path] = component
            blocks.add(path)
        role = roles.get(path)
        if role == families.IMAGE_ENCODER:
            _describe_encoder(path, child, roles, blocks)
            remarks.update((path, text) for text in _padding(child))
        elif role == families.MASK_DECODER:
            _describe_decoder(path, child, roles, blocks)
        elif _is_block(child):
            _describe_block(path, child, roles, blocks)
            functions |= _functions_of(child)
    if not roles:
        return Knowledge()
    fused = any(type(child).__name__ in families.FUSED_ATTENTION for child in module.modules())
    attention = _FUSED_OPS if fused else _ATTENTION_OPS
    return Knowledge(
        name=_name(module),
        roles=_inherited(module, roles),
        blocks=frozenset(blocks),
        functions=tuple(functions.values()),
        inner_ops={
            "window attention": attention,
            "global attention": attention,
            "window block": _ADDITION,
            "global block": _ADDITION,
        },
        components=COMPONENTS | {role: role for role in families.MEMORY if role in roles.values()},
        remarks=remarks,
    )


def _named(module: nn.Module, names: Mapping[str, object]) -> str | None:
    """The first of the module's class and its bases that is among the names."""
    return next((kind.__name__ for kind in type(module).__mro__ if kind.__name__ in names), None)


def _component(module: nn.Module) -> str | None:
    """The role of a module that is a component of SAM by its class."""
    known = type(module).__name__
    if known in families.ALONE:
        return families.ALONE[known][1]
    children = {name for name, _ in module.named_children()}
    needed = families.ENCODER_WITH.get(known)
    return families.IMAGE_ENCODER if needed and children.issuperset(needed) else None


def _name(module: nn.Module) -> str | None:
    """What to call a root that is known."""
    whole = _named(module, families.WHOLE)
    if whole:
        return families.WHOLE[whole]
    if type(module).__name__ in families.ALONE:
        return families.ALONE[type(module).__name__][0]
    return "image_encoder" if _component(module) else None


def _describe_children(
    path: str,
    module: nn.Module,
    parts: Mapping[str, str],
    roles: dict[str, str],
    blocks: set[str],
) -> None:
    for name, _ in module.named_children():
        if name in parts:
            roles[_join(path, name)] = parts[name]
            blocks.add(_join(path, name))


def _describe_encoder(
    path: str, encoder: nn.Module, roles: dict[str, str], blocks: set[str]
) -> None:
    _describe_children(path, encoder, families.ENCODER_PARTS, roles, blocks)
    for name, child in encoder.named_children():
        _describe_children(_join(path, name), child, families.ENCODER_PARTS, roles, blocks)


def _padding(encoder: nn.Module) -> Iterator[str]:
    """What the windows of an encoder pad its tokens to, in words."""
    position = getattr(encoder, "pos_embed", None)
    windows = {int(getattr(block, "window_size", 0)) for block in encoder.modules()} - {0}
    if position is None or position.ndim != 4 or len(windows) != 1:
        return
    (window,), (_, tokens, across, _) = windows, position.shape
    padded = -(-tokens // window) * window
    if padded > tokens == across:
        yield (
            f"windows of {window} pad {tokens} x {tokens} tokens to {padded} x {padded}: "
            f"{padded**2 / tokens**2 - 1:.0%} more work in window attention"
        )


def _is_block(module: nn.Module) -> bool:
    """A transformer block of an encoder, also where it stands alone."""
    return type(module).__name__ in families.BLOCKS and hasattr(module, "window_size")


def _describe_block(path: str, block: nn.Module, roles: dict[str, str], blocks: set[str]) -> None:
    """A transformer block: with a window it attends inside each, without one over the whole image."""
    scope = "window" if getattr(block, "window_size", 0) else "global"
    roles[path] = f"{scope} block"
    blocks.add(path)
    parts = {name: role.format(scope=scope) for name, role in families.BLOCK_PARTS.items()}
    _describe_children(path, block, parts, roles, blocks)
    attention = getattr(block, "attn", None)
    if isinstance(attention, nn.Module):
        for name, _ in attention.named_children():
            if name in families.ATTENTION_PARTS:
                roles[_join(path, f"attn.{name}")] = families.ATTENTION_PARTS[name]


def _describe_decoder(
    path: str, decoder: nn.Module, roles: dict[str, str], blocks: set[str]
) -> None:
    _describe_children(path, decoder, families.DECODER_PARTS, roles, blocks)
    transformer = getattr(decoder, "transformer", None)
    if not isinstance(transformer, nn.Module):
        return
    for inner, part in transformer.named_modules():
        for ending, role in families.TRANSFORMER_PARTS.items():
            if type(part).__name__.endswith(ending):
                roles[_join(path, f"transformer.{inner}")] = role
                blocks.add(_join(path, f"transformer.{inner}"))
                break


def _functions_of(block: nn.Module) -> dict[str, Function]:
    """The functions of the file that the block's class is in, and the methods of its parts."""
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


def _inherited(module: nn.Module, roles: dict[str, str]) -> dict[str, str]:
    """Every module's own role, or that of the nearest module around it that has one."""
    complete: dict[str, str] = {}
    for path, _ in module.named_modules():
        outer = complete.get(path.rpartition(".")[0], "") if path else ""
        complete[path] = roles.get(path, outer)
    return {path: role for path, role in complete.items() if role}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}".strip(".")
