"""Cost of matrix products and attention, as `torch.utils.flop_counter` counts it.

Products of integers are counted like those of floats. PyTorch's counter does not see them, nor any
product inside an op that torch does not take apart (`_addmm_activation`, the fast path of
`nn.TransformerEncoder`).
"""

from __future__ import annotations

from samprof.trace.flops.op_inputs import Formula, Inputs

_BYTES_OF_SCALAR_TYPE = {"5": 2, "6": 4, "15": 2}
"""Number of a type (c10/core/ScalarType.h): half, float, bfloat16."""


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


def _int_mm(inputs: Inputs) -> tuple[int, int]:
    """[m, k] @ [k, n] of bytes, summed in 32 bits."""
    (m, k), (_, n) = inputs.shapes[:2]
    return 2 * m * k * n, inputs.all_read() + 4 * m * n


def _int8_weights(inputs: Inputs) -> tuple[int, int]:
    """[m, k] @ [n, k] transposed, the weights in bytes, a scale per row [n]."""
    (m, k), (n, _) = inputs.shapes[:2]
    return 2 * m * k * n, inputs.read_and_written(m * n)


def _scaled_mm(inputs: Inputs) -> tuple[int, int]:
    """[m, k] @ [k, n] in 8-bit floats; the output has the type that is asked for, else theirs."""
    (m, k), (_, n) = inputs.shapes[:2]
    if inputs.values[6] in ("", *_BYTES_OF_SCALAR_TYPE):
        width = _BYTES_OF_SCALAR_TYPE.get(inputs.values[6], inputs.width(0))
        return 2 * m * k * n, inputs.all_read() + width * m * n
    raise ValueError("an unknown type")


def _attention(inputs: Inputs) -> tuple[int, int]:
    """Q [B, H, S, D], k [B, H, T, D], v [B, H, T, E]: the scores, and the weighted sum."""
    (b, h, s, d), (_, _, t, _), (_, _, _, e) = inputs.shapes[:3]
    return 2 * b * h * s * t * (d + e), inputs.read_and_written(b * h * s * e)


def _attention_backward(inputs: Inputs) -> tuple[int, int]:
    """The scores again, then the gradients of weights, values, queries and keys: five products."""
    (b, h, s, d), (_, _, t, _), (_, _, _, e) = inputs.shapes[1:4]
    written = b * h * (s * d + t * d + t * e)
    return 2 * b * h * s * t * (3 * d + 2 * e), inputs.read_and_written(written)


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
    # The activation is counted as little as the bias.
    "aten::_addmm_activation": _addmm,
    "aten::_int_mm": _int_mm,
    "aten::_scaled_mm": _scaled_mm,
    "aten::_weight_int8pack_mm": _int8_weights,
    "aten::bmm": _bmm,
    "aten::baddbmm": _baddbmm,
    **dict.fromkeys(_ATTENTION, _attention),
    **{f"{name}_backward": _attention_backward for name in _ATTENTION},
}
