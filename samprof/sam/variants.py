"""Ways to run SAM's image encoder, applied in place: dtypes, kernels, compilers, layouts.

A variant is for good: there is no way back to eager on the same encoder. Points of a sweep run in
processes of their own, and each builds its encoder anew.
"""

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn

from samprof.errors import ModelError, UsageError
from samprof.sam.attention import attentions, fuse
from samprof.sam.names import VARIANTS

_EAGER = "eager"
_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
_ONE_REGION = {"compile", "cudagraph"}
_TOLERANCES = {"bf16": 5e-2, "fp16": 1e-2}
_FLOAT32_TOLERANCE = 1e-3
_MARK = "_samprof_variant"
_WARM_UP = 3


def parse(name: str) -> tuple[str, ...]:
    """The parts of a variant, each once, in the order of `VARIANTS`; none for eager.

    Args:
        name: parts joined by +, such as "bf16+sdpa".

    Raises:
        UsageError: an unknown part, or two that exclude each other.

    Example:
        >>> parse("sdpa+bf16+eager")
        ('bf16', 'sdpa')
    """
    given = [part.strip() for part in name.split("+")]
    for part in given:
        if part not in VARIANTS:
            remedy = f"use one of {', '.join(VARIANTS)}, or several joined by +"
            raise UsageError("variant", repr(name), f"unknown part {part!r}", remedy)
    parts = tuple(part for part in VARIANTS if part in given and part != _EAGER)
    if _DTYPES.keys() <= set(parts):
        raise UsageError("variant", name, "bf16 and fp16 exclude each other", "use one")
    if set(parts) >= _ONE_REGION:
        remedy = "use one; compile has its own CUDA graphs (mode reduce-overhead)"
        raise UsageError("variant", name, "compile and cudagraph exclude each other", remedy)
    return parts


def canonical(name: str) -> str:
    """The one name of a variant, however its parts were ordered.

    Raises:
        UsageError: as in `parse`.

    Example:
        >>> canonical("sdpa+bf16"), canonical("eager+eager")
        ('bf16+sdpa', 'eager')
    """
    return "+".join(parse(name)) or _EAGER


def tolerance(name: str) -> float:
    """The largest accepted `||variant - eager|| / ||eager||` of the encoder's output.

    Frobenius norms, against eager in float32 on the same device. About five times what was measured
    on a CPU (torch 2.15, random weights, one image). vit_b was given 1024 pixels for sdpa, and 128
    for fp16 and bf16, in which a forward takes minutes there:

                        small    vit_b
        sdpa            5.4e-7   9.0e-7
        channels-last   7.0e-7   -
        compile         7.0e-7   -
        fp16            1.2e-3   1.7e-3
        bf16            9.6e-3   1.3e-2

    Together with sdpa or channels-last, fp16 and bf16 were as far off as alone. The limit in float32
    is wider than that, 1e-3: on a GPU, where it was not measured, one of the two may multiply in TF32,
    which keeps 11 bits.

    Raises:
        UsageError: as in `parse`.
    """
    return max([_FLOAT32_TOLERANCE, *(_TOLERANCES.get(part, 0.0) for part in parse(name))])


def splits_by_layer(name: str) -> bool:
    """Whether a recording of the variant names the layers inside the encoder.

    Compiled code and a CUDA graph are one region: the encoder's row holds all of it.

    Raises:
        UsageError: as in `parse`.
    """
    return _ONE_REGION.isdisjoint(parse(name))


def apply(encoder: nn.Module, name: str) -> None:
    """Makes the encoder run as the variant says, in place and for good.

    The keys of its state dict stay the same. Input and output keep their dtype: bf16 and fp16 convert
    the weights, and cast inside the encoder's forward. After an error the encoder is as it was.

    channels-last converts the images and the weights of the convolutions. sdpa forms the relative
    position as a mask `[B, heads, N, N]`. compile is torch.compile in its default mode with static
    shapes, at the first call with each; in one process torch stops compiling after a few
    (`torch._dynamo.config.recompile_limit`) and runs eager. cudagraph captures a graph at the first
    call with each shape, with a memory pool of its own; it gives no gradients, and the weights must
    stay where they are.

    Args:
        encoder: segment_anything's `ImageEncoderViT` or a copy of it, on its device.
        name: parts joined by +; eager changes nothing.

    Raises:
        UsageError: as in `parse`.
        ModelError: the encoder was changed before, or cannot be run so here.
    """
    parts = parse(name)
    wanted = "+".join(parts) or _EAGER
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
        # Before the others: it can still fail. It sees them, because it traces at the first call.
        _compile(encoder)

    dtype = next((_DTYPES[part] for part in parts if part in _DTYPES), None)
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


class Graphed:
    """A forward that is captured once for each shape and dtype of its input, and then replayed."""

    def __init__(self, forward: Callable[[Tensor], Tensor]) -> None:
        self._forward = forward
        self._captured: dict[tuple[object, ...], tuple[torch.cuda.CUDAGraph, Tensor, Tensor]] = {}

    def __call__(self, image: Tensor) -> Tensor:
        """The forward's output for the image, a tensor of its own; without gradients."""
        key = (image.shape, image.dtype, image.device)
        with torch.no_grad():
            if key not in self._captured:
                self._captured[key] = self._capture(image)
            graph, given, output = self._captured[key]
            given.copy_(image)
            graph.replay()
            return output.clone()

    def _capture(self, image: Tensor) -> tuple[torch.cuda.CUDAGraph, Tensor, Tensor]:
        """The graph, and the tensors that it reads from and writes to."""
        device = image.device
        # Tensors of inference mode could not be written to outside of it. The default device is for
        # get_rel_pos, whose indices would come from the CPU: no capture survives that copy.
        with torch.inference_mode(False), torch.no_grad(), torch.cuda.device(device), device:
            given = image.clone()
            stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            current = torch.cuda.current_stream()
            stream.wait_stream(current)
            with torch.cuda.stream(stream):
                for _ in range(_WARM_UP):
                    self._forward(given)
            current.wait_stream(stream)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=stream):
                output = self._forward(given)
        return graph, given, output


def _is_replaced(module: nn.Module) -> bool:
    return "forward" in module.__dict__ or getattr(module, "_compiled_call_impl", None) is not None


def _compile(encoder: nn.Module) -> None:
    try:
        encoder.compile(dynamic=False)
    except (ImportError, RuntimeError) as error:
        reason = str(error).partition("\n")[0][:100]
        remedy = "use a variant without compile, or another Python or torch"
        raise ModelError(
            "variant", "compile", f"no torch.compile here ({reason})", remedy
        ) from None


def _to_channels_last(encoder: nn.Module) -> None:
    """Lays out the weights of the convolutions so.

    Not all that has four dimensions: the position embedding `[1, H, W, C]` has its channels last.
    """
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d):
            module.to(memory_format=torch.channels_last)


def _converting(
    original: Callable[..., Any], dtype: torch.dtype | None, layout: torch.memory_format | None
) -> Callable[[Any, Tensor], Tensor]:
    # A method and no closure over the encoder: a deep copy of that runs its own weights.
    def forward(self: Any, image: Tensor) -> Tensor:
        """The encoder's output for the converted image, in the dtype of the image."""
        converted = image.to(dtype or image.dtype, memory_format=layout)
        output: Tensor = original(self, converted)
        return output.to(image.dtype)

    return forward
