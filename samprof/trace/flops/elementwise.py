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


def _broadcast(inputs: Inputs) -> tuple[int, int]:
    """One operation per element of the output, whose shape the inputs broadcast to."""
    size = _output_size(inputs)
    return size, inputs.read_and_written(size)


def _comparison(inputs: Inputs) -> tuple[int, int]:
    """The same with an output of one byte per element."""
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


_ARITHMETIC = ("add", "sub", "mul", "div", "rsub", "maximum", "minimum", "__xor__", "masked_fill")
_BITWISE = ("bitwise_and", "bitwise_or", "bitwise_xor")
_COMPARISONS = ("gt", "ge", "lt", "le", "eq", "ne", "logical_and", "logical_or")
_FUNCTIONS = ("gelu", "relu", "sigmoid", "tanh", "exp", "sqrt", "rsqrt", "pow", "neg", "abs", "sin")
_MORE_FUNCTIONS = ("cos", "reciprocal", "log", "erf", "silu", "threshold", "clamp", "round")
_REDUCTIONS = ("sum", "mean", "max", "min", "amax", "amin", "any", "all", "argmax", "var", "prod")

ELEMENTWISE: dict[str, Formula] = {
    "aten::where": _where,
    "aten::gelu_backward": each(2),
    # The gradient where the output is above the threshold, else 0.
    "aten::threshold_backward": each(1),
    "aten::mse_loss": _squared_error,
    "aten::mse_loss_backward": _squared_error_backward,
    **{f"aten::{name}": _comparison for name in _COMPARISONS},
    **{f"aten::{name}_": _broadcast for name in _COMPARISONS},
    **{f"aten::{name}{end}": _broadcast for name in (*_ARITHMETIC, *_BITWISE) for end in ("", "_")},
    **{
        f"aten::{name}{end}": each(1)
        for name in (*_FUNCTIONS, *_MORE_FUNCTIONS, "bitwise_not")
        for end in ("", "_")
    },
    **{f"aten::{name}": _reduction for name in _REDUCTIONS},
    **{f"aten::{name}": _copy_all for name in ("cat", "stack", "flip", "roll")},
    **{f"aten::{name}": _copy_into for name in ("copy_", "fill_", "zero_")},
}
