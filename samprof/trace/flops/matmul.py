"""Cost of matrix products, convolutions and attention, as `torch.utils.flop_counter` counts it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import prod

from samprof.trace.flops.op_inputs import Formula, Inputs, Shape


def _mm(inputs: Inputs) -> tuple[int, int]:
    """[m, k] @ [k, n]."""
    (m, k), (_, n) = inputs.shapes[:2]
    return 2 * m * k * n, inputs.read_and_written(m * n)


def _addmm(inputs: Inputs) -> tuple[int, int]:
    """Bias + [m, k] @ [k, n]."""
    (m, k), (_, n) = inputs.shapes[1:3]
    return 2 * m * k * n, inputs.read_and_written(m * n)


def _bmm(inputs: Inputs) -> tuple[int, int]:
    """[b, m, k] @ [b, k, n]."""
    (b, m, k), (_, _, n) = inputs.shapes[:2]
    return 2 * b * m * k * n, inputs.read_and_written(b * m * n)


def _baddbmm(inputs: Inputs) -> tuple[int, int]:
    """[b, m, n] + [b, m, k] @ [b, k, n]."""
    (b, m, k), (_, _, n) = inputs.shapes[1:3]
    return 2 * b * m * k * n, inputs.read_and_written(b * m * n)


def _convolution(inputs: Inputs) -> tuple[int, int]:
    """Input x [N, C_in, *space], w [C_out, C_in / groups, *kernel] or, transposed, with C_in first.

    Each weight is applied once per place of the output (of the input, if transposed).
    """
    x, w = inputs.shapes[:2]
    out = _convolved(inputs, x, w)
    places = x[2:] if inputs.truth(6) else out[2:]
    return 2 * x[0] * prod(w) * prod(places), inputs.read_and_written(prod(out))


def _convolved(inputs: Inputs, x: Shape, w: Shape) -> Shape:
    """The shape of a convolution's output (the formulas of torch.nn.Conv2d and ConvTranspose2d)."""
    space = len(x) - 2
    stride, padding, dilation, more = (_spread(inputs.numbers(i), space) for i in (3, 4, 5, 7))
    kernel = w[2:]
    if inputs.truth(6):
        (groups,) = inputs.numbers(8)
        sides = [
            (x[2 + i] - 1) * stride[i]
            - 2 * padding[i]
            + dilation[i] * (kernel[i] - 1)
            + more[i]
            + 1
            for i in range(space)
        ]
        return (x[0], w[1] * groups, *sides)
    sides = [
        (x[2 + i] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1
        for i in range(space)
    ]
    return (x[0], w[0], *sides)


def _convolution_backward(inputs: Inputs) -> tuple[int, int]:
    """Gradients of the input and of the weights: each costs as much as the forward."""
    gradient, x, w = inputs.shapes[:3]
    mask = json.loads(inputs.values[10].lower())
    places = x[2:] if inputs.truth(7) else gradient[2:]
    once = 2 * x[0] * prod(w) * prod(places)
    written = mask[0] * prod(x) + mask[1] * prod(w)
    return once * (bool(mask[0]) + bool(mask[1])), inputs.read_and_written(written)


def _attention(inputs: Inputs) -> tuple[int, int]:
    """Q [B, H, S, D], k [B, H, T, D], v [B, H, T, E]: the scores, and the weighted sum."""
    (b, h, s, d), (_, _, t, _), (_, _, _, e) = inputs.shapes[:3]
    return 2 * b * h * s * t * (d + e), inputs.read_and_written(b * h * s * e)


def _attention_backward(inputs: Inputs) -> tuple[int, int]:
    """The scores again, then the gradients of weights, values, queries and keys: five products."""
    (b, h, s, d), (_, _, t, _), (_, _, _, e) = inputs.shapes[1:4]
    written = b * h * (s * d + t * d + t * e)
    return 2 * b * h * s * t * (3 * d + 2 * e), inputs.read_and_written(written)


def _spread(numbers: Sequence[int], count: int) -> Sequence[int]:
    return numbers if len(numbers) == count else list(numbers) * count


_ATTENTION = (
    "aten::scaled_dot_product_attention",
    "aten::_scaled_dot_product_flash_attention",
    "aten::_scaled_dot_product_flash_attention_for_cpu",
    "aten::_scaled_dot_product_efficient_attention",
    "aten::_scaled_dot_product_cudnn_attention",
    "aten::_scaled_dot_product_fused_attention_overrideable",
)

MATMUL: dict[str, Formula] = {
    "aten::mm": _mm,
    "aten::addmm": _addmm,
    "aten::bmm": _bmm,
    "aten::baddbmm": _baddbmm,
    "aten::convolution": _convolution,
    "aten::convolution_backward": _convolution_backward,
    **dict.fromkeys(_ATTENTION, _attention),
    **{f"{name}_backward": _attention_backward for name in _ATTENTION},
}
