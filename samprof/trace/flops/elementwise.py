"""Cost of ops that treat each element alike: arithmetic, functions, losses, sums, copies."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from samprof.trace.flops.op_inputs import Formula, Inputs, Shape


def each(count: int) -> Formula:
    """`count` operations per element of the first input, and an output of its size."""

    def formula(inputs: Inputs) -> tuple[int, int]:
        size = inputs.size(0)
        return count * size, inputs.read_and_written(size)

    return formula


def _broadcast_of(count: int) -> Formula:
    """`count` operations per element of the output, whose shape the inputs broadcast to."""

    def formula(inputs: Inputs) -> tuple[int, int]:
        size = _output_size(inputs)
        return count * size, inputs.read_and_written(size)

    return formula


def _test(inputs: Inputs) -> tuple[int, int]:
    """One operation per element, and an output of one byte per element."""
    return inputs.size(0), inputs.all_read() + inputs.size(0)


def _comparison(inputs: Inputs) -> tuple[int, int]:
    """One operation per element that the inputs broadcast to, and an output of one byte each."""
    size = _output_size(inputs)
    return size, inputs.all_read() + size


def _where(inputs: Inputs) -> tuple[int, int]:
    """Condition, a, b: one operation per element of the output, which has the type of a and b."""
    inputs.size(2)
    size = _output_size(inputs)
    width = max(inputs.width(place) for place in (1, 2) if inputs.types[place] != "Scalar")
    return size, inputs.all_read() + size * width


def _reduction(inputs: Inputs) -> tuple[int, int]:
    """One operation per element read; the output is negligible."""
    return inputs.size(0), inputs.all_read()


def _norm(inputs: Inputs) -> tuple[int, int]:
    """The power of each element, and their sum; the roots of the sums are negligible."""
    return 2 * inputs.size(0), inputs.all_read()


def _gated(inputs: Inputs) -> tuple[int, int]:
    """One half of the input times the sigmoid of the other."""
    return inputs.size(0), inputs.read_and_written(inputs.size(0) // 2)


def _bias_and_scale(inputs: Inputs) -> tuple[int, int]:
    """Queries, keys and values [B, S, 3 * D], bias [3 * D]: each gets its bias, queries are scaled."""
    size = inputs.size(0)
    return size + size // 3, inputs.read_and_written(size)


def _squared_error(inputs: Inputs) -> tuple[int, int]:
    """Prediction, target: difference and square, and their sum if there is a reduction."""
    size = inputs.size(0)
    (reduction,) = inputs.numbers(2)
    return (3 * size, inputs.all_read()) if reduction else (2 * size, inputs.read_and_written(size))


def _squared_error_backward(inputs: Inputs) -> tuple[int, int]:
    """Gradient, prediction, target: their difference, times the gradient, times a factor."""
    size, written = inputs.size(1), inputs.size(1) * inputs.width(1)
    return 3 * size, written + sum(inputs.size(place) * inputs.width(place) for place in range(3))


def _copy_all(inputs: Inputs) -> tuple[int, int]:
    """No operation; as many bytes written as read."""
    if not inputs.tensors:
        raise ValueError("no shape")
    return 0, inputs.read_and_written(sum(prod(shape) for shape, _ in inputs.tensors))


def _copy_into(inputs: Inputs) -> tuple[int, int]:
    """The first input is written, the second read, so the inputs' bytes count both."""
    inputs.size(0)
    return 0, inputs.all_read()


def _output_size(inputs: Inputs) -> int:
    for place in range(min(2, len(inputs.types))):
        inputs.size(place)
    return prod(_broadcast_shape([shape for shape, _ in inputs.tensors]))


def _broadcast_shape(shapes: Sequence[Shape]) -> Shape:
    """The shape that these broadcast to.

    Example:
        >>> _broadcast_shape([(2, 1, 3), (4, 1)])
        (2, 4, 3)
    """
    longest = max((len(shape) for shape in shapes), default=0)
    padded = [(1,) * (longest - len(shape)) + tuple(shape) for shape in shapes]
    return tuple(max(sides) for sides in zip(*padded, strict=True))


_ARITHMETIC = """
    add sub mul div rsub maximum minimum __xor__ masked_fill fmod remainder floor_divide atan2
    bitwise_and bitwise_or bitwise_xor
"""
_FUNCTIONS = """
    gelu relu sigmoid tanh exp sqrt rsqrt pow neg abs sin cos reciprocal log erf silu threshold clamp
    round log2 log10 log1p exp2 expm1 sign sgn floor ceil trunc frac tan square clamp_min clamp_max
    hardtanh hardswish hardsigmoid elu leaky_relu softplus mish bitwise_not cumsum
"""
_COMPARISONS = "gt ge lt le eq ne logical_and logical_or logical_xor"
_TESTS = "isneginf isposinf logical_not"
_FUSED = "addcmul addcdiv"
_REDUCTIONS = "sum mean max min amax amin any all argmax argmin var std prod equal"
_CONCATENATIONS = "cat stack flip roll"
_COPIES = "copy_ fill_ zero_"

ELEMENTWISE: dict[str, Formula] = {
    "aten::where": _where,
    "aten::gelu_backward": each(2),
    "aten::glu": _gated,
    "aten::linalg_vector_norm": _norm,
    "aten::_transform_bias_rescale_qkv": _bias_and_scale,
    # The gradient where the output is above the threshold, else 0.
    "aten::threshold_backward": each(1),
    "aten::mse_loss": _squared_error,
    "aten::mse_loss_backward": _squared_error_backward,
    **{f"aten::{name}": _comparison for name in _COMPARISONS.split()},
    **{f"aten::{name}_": _broadcast_of(1) for name in _COMPARISONS.split()},
    **{f"aten::{name}": _test for name in _TESTS.split()},
    **{f"aten::{name}{end}": _broadcast_of(1) for name in _ARITHMETIC.split() for end in ("", "_")},
    **{f"aten::{name}{end}": each(1) for name in _FUNCTIONS.split() for end in ("", "_")},
    # A product and a sum; a difference, a product and a sum.
    **{f"aten::{name}{end}": _broadcast_of(2) for name in _FUSED.split() for end in ("", "_")},
    **{f"aten::lerp{end}": _broadcast_of(3) for end in ("", "_")},
    **{f"aten::{name}": _reduction for name in _REDUCTIONS.split()},
    **{f"aten::{name}": _copy_all for name in _CONCATENATIONS.split()},
    **{f"aten::{name}": _copy_into for name in _COPIES.split()},
}

COPIES = frozenset(f"aten::{name}" for name in f"{_CONCATENATIONS} {_COPIES}".split())
"""Of these the ones that compute nothing: they copy, or fill."""

REDUCTIONS = frozenset(f"aten::{name}" for name in _REDUCTIONS.split())
"""Of these the ones that read many elements for each that they write."""
