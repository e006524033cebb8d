"""Variants of SAM's image encoder, applied in place: dtypes, kernels, compilers, layouts.

A variant cannot be undone on the same encoder. Each point of a sweep runs in its own process, which
builds a new encoder.
"""

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn

from samprof.analysis.scaling.variant import EAGER
from samprof.errors import ModelError, first_line
from samprof.record.compiled import inductor
from samprof.sam.model.attention import attentions, fuse
from samprof.sam.model.cuda_graph import Graphed
from samprof.sam.model.variant_names import dtype_of, parse

_MARK = "_samprof_variant"


def apply(encoder: nn.Module, name: str) -> None:
    """Turns the encoder into the variant, in place; this cannot be undone.

    The keys of its state dict stay the same. Input and output keep their dtype: bf16 and fp16 convert
    the weights, and cast inside the encoder's forward. After an error the encoder is unchanged.

    channels-last converts the images and the weights of the convolutions. sdpa materialises the
    relative position as a mask `[B, heads, N, N]`. compile is torch.compile in its default mode with
    static shapes, at the first call with each; in one process torch stops compiling after a few
    (`torch._dynamo.config.recompile_limit`) and falls back to eager. cudagraph captures a graph at the
    first call with each shape, with a memory pool of its own; it gives no gradients, and the weights
    must not move.

    Args:
        encoder: segment_anything's `ImageEncoderViT` or a copy of it, already on its device.
        name: parts joined by +; eager changes nothing.

    Raises:
        UsageError: as in `parse`.
        ModelError: the encoder was changed before, or the variant does not run here.
    """
    parts = parse(name)
    wanted = "+".join(parts) or EAGER
    before = encoder.__dict__.get(_MARK)
    if before is not None:
        remedy = "apply one variant, its parts joined by +, to a fresh encoder"
        raise ModelError("variant", wanted, f"already changed to {before}", remedy)
    if not parts:
        return
    fused = attentions(encoder) if "sdpa" in parts else []
    if "sdpa" in parts and not fused:
        cause = "no attention as in ImageEncoderViT"
        raise ModelError("variant", "sdpa", cause, "give SAM's image encoder")
    if any(_is_replaced(module) for module in (encoder, *fused)):
        cause = "the forward is replaced already, or compiled"
        remedy = "use a fresh encoder, outside of recordings"
        raise ModelError("variant", wanted, cause, remedy)
    if "cudagraph" in parts and {weight.device.type for weight in encoder.parameters()} != {"cuda"}:
        remedy = "use --device cuda, or a variant without cudagraph"
        raise ModelError("variant", "cudagraph", "needs a CUDA device", remedy)
    if "compile" in parts:
        # First, because it can still fail. It traces at the first call, and so sees the other changes.
        _compile(encoder)

    dtype_name = dtype_of(name)
    dtype = None if dtype_name is None else getattr(torch, dtype_name)
    layout = torch.channels_last if "channels-last" in parts else None
    if layout is not None:
        _to_channels_last(encoder)
    if dtype is not None:
        encoder.to(dtype)
    if dtype is not None or layout is not None:
        forward = _converting(type(encoder).forward, dtype, layout)
        encoder.__dict__["forward"] = MethodType(forward, encoder)
    for attention in fused:
        fuse(attention)
    if "cudagraph" in parts:
        encoder.__dict__["forward"] = Graphed(encoder.forward)
    encoder.__dict__[_MARK] = wanted


def _is_replaced(module: nn.Module) -> bool:
    return "forward" in module.__dict__ or getattr(module, "_compiled_call_impl", None) is not None


def _compile(encoder: nn.Module) -> None:
    try:
        encoder.compile(dynamic=False, backend=inductor)
    except (ImportError, RuntimeError) as error:
        remedy = "use a variant without compile, or another Python or torch"
        raise ModelError(
            "variant", "compile", f"no torch.compile here ({first_line(error)})", remedy
        ) from None


def _to_channels_last(encoder: nn.Module) -> None:
    """Converts the weights of the convolutions to channels-last.

    Only theirs: the position embedding `[1, H, W, C]` has four dimensions too, and its channels last.
    """
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d):
            module.to(memory_format=torch.channels_last)


def _converting(
    original: Callable[..., Any], dtype: torch.dtype | None, layout: torch.memory_format | None
) -> Callable[[Any, Tensor], Tensor]:
    # A method, not a closure over the encoder: a deep copy must run its own weights.
    def forward(self: Any, image: Tensor) -> Tensor:
        """The encoder's output for the converted image, in the dtype of the image."""
        converted = image.to(dtype or image.dtype, memory_format=layout)
        output: Tensor = original(self, converted)
        return output.to(image.dtype)

    return forward
