"""What the parts of Segment Anything are: roles by structure, functions worth a range, op labels.

Classes are known by their name and their attributes, not by their package, so that the copies of
the encoder in other projects (segment-anything-fast, MobileSAM's decoder) are recognised as well.
"""

import sys
from collections.abc import Iterator

from torch import nn

from samprof.record.knowledge import Function, Knowledge
from samprof.sam.pipeline import COMPONENTS, functions_around

_COMPONENTS = {
    "Sam": ("sam", "SAM"),
    "ImageEncoderViT": ("image_encoder", "image encoder"),
    "PromptEncoder": ("prompt_encoder", "prompt encoder"),
    "MaskDecoder": ("mask_decoder", "mask decoder"),
}
_ENCODER_FUNCTIONS = {
    "window_partition": "window partition",
    "window_unpartition": "window partition",
    "add_decomposed_rel_pos": "relative position",
}
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
        kind = type(child).__name__
        if kind in _COMPONENTS:
            roles[path] = _COMPONENTS[kind][1]
            blocks.add(path)
        if kind == "Sam":
            functions |= functions_around(type(child))
        if kind == "ImageEncoderViT":
            _describe_encoder(path, child, roles, blocks)
            remarks.update((path, text) for text in _padding(child))
        elif _is_block(child):
            _describe_block(path, child, roles, blocks)
            functions |= _functions_of(child)
        elif kind == "MaskDecoder":
            _describe_decoder(path, child, roles, blocks)
    if not roles:
        return Knowledge()
    name, _ = _COMPONENTS.get(type(module).__name__, (None, ""))
    return Knowledge(
        name=name,
        roles=_inherited(module, roles),
        blocks=frozenset(blocks),
        functions=tuple(functions.values()),
        inner_ops={
            "window attention": _ATTENTION_OPS,
            "global attention": _ATTENTION_OPS,
            "window block": _ADDITION,
            "global block": _ADDITION,
        },
        components=COMPONENTS,
        remarks=remarks,
    )


def _describe_encoder(
    path: str, encoder: nn.Module, roles: dict[str, str], blocks: set[str]
) -> None:
    parts = {"patch_embed": "patch embedding", "neck": "neck"}
    present = {name for name, _ in encoder.named_children()}
    for name in parts.keys() & present:
        roles[_join(path, name)] = parts[name]
        blocks.add(_join(path, name))


def _padding(encoder: nn.Module) -> Iterator[str]:
    """What the windows of an encoder pad its tokens to, in words."""
    position = getattr(encoder, "pos_embed", None)
    windows = {int(getattr(block, "window_size", 0)) for block in encoder.modules()} - {0}
    if position is None or len(windows) != 1:
        return
    (window,), tokens = windows, int(position.shape[1])
    padded = -(-tokens // window) * window
    if padded > tokens:
        yield (
            f"windows of {window} pad {tokens} x {tokens} tokens to {padded} x {padded}: "
            f"{padded**2 / tokens**2 - 1:.0%} more work in window attention"
        )


def _is_block(module: nn.Module) -> bool:
    """A transformer block of the encoder, also where it stands alone."""
    return type(module).__name__ == "Block" and hasattr(module, "window_size")


def _describe_block(path: str, block: nn.Module, roles: dict[str, str], blocks: set[str]) -> None:
    """A transformer block: with a window it attends inside each, without one over the whole image."""
    scope = "window" if getattr(block, "window_size", 0) else "global"
    parts = {
        "": f"{scope} block",
        "attn": f"{scope} attention",
        "mlp": "MLP",
        "norm1": "norm",
        "norm2": "norm",
    }
    present = {"", *(name for name, _ in block.named_children())}
    for name, role in parts.items():
        if name in present:
            roles[_join(path, name)] = role
            blocks.add(_join(path, name))
    roles |= {
        _join(path, name): role
        for name, role in {"attn.qkv": "qkv", "attn.proj": "projection"}.items()
        if "attn" in present and hasattr(block.get_submodule("attn"), name.split(".")[1])
    }


def _describe_decoder(
    path: str, decoder: nn.Module, roles: dict[str, str], blocks: set[str]
) -> None:
    parts = {
        "transformer": "decoder transformer",
        "output_upscaling": "decoder upscaling",
        "output_hypernetworks_mlps": "mask head",
        "iou_prediction_head": "mask head",
    }
    for name, child in decoder.named_children():
        if name not in parts:
            continue
        roles[_join(path, name)] = parts[name]
        blocks.add(_join(path, name))
        if name == "transformer":
            for inner, part in child.named_modules():
                role = {"Attention": "decoder attention", "MLPBlock": "decoder MLP"}.get(
                    type(part).__name__
                )
                if role:
                    roles[_join(path, f"{name}.{inner}")] = role
                    blocks.add(_join(path, f"{name}.{inner}"))


def _functions_of(block: nn.Module) -> dict[str, Function]:
    """The functions of the file that the block's class is defined in."""
    home = type(block).__module__
    return {
        name: Function(home, name, role)
        for name, role in _ENCODER_FUNCTIONS.items()
        if callable(getattr(sys.modules.get(home), name, None))
    }


def _inherited(module: nn.Module, roles: dict[str, str]) -> dict[str, str]:
    """Every module's own role, or that of the nearest module around it that has one."""
    complete: dict[str, str] = {}
    for path, _ in module.named_modules():
        outer = complete.get(path.rpartition(".")[0], "") if path else ""
        complete[path] = roles.get(path, outer)
    return {path: role for path, role in complete.items() if role}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}".strip(".")
