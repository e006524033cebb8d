"""Work of ops that treat each element alike: arithmetic, functions, losses, sums, copies."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from samprof.trace.inputs import Formula, Inputs, Shape


def each(count: int) -> Formula:
    """So many operations an element of the first input, and an output of its size."""

    def formula(inputs: Inputs) -> tuple[int, int]:
        size = inputs.size(0)
        return count * size, inputs.read_and_written(size)

    return formula


def _broadcast(inputs: Inputs) -> tuple[int, int]:
    """One operation an element of the output, which is as large as all inputs together span."""
    size = _span_of(inputs)
    return size, inputs.read_and_written(size)


def _compared(inputs: Inputs) -> tuple[int, int]:
    """The same with an output of one byte an element."""
    size = _span_of(inputs)
    return size, inputs.all_read() + size


def _chosen(inputs: Inputs) -> tuple[int, int]:
    """Condition, a, b: one operation an element of the output, which is of the type of a and b."""
    inputs.size(2)
    size = _span_of(inputs)
    width = max(inputs.width(place) for place in (1, 2) if inputs.types[place] != "Scalar")
    return size, inputs.all_read() + size * width


def _reduced(inputs: Inputs) -> tuple[int, int]:
    """One operation an element read; what is written is little beside it."""
    return inputs.size(0), inputs.all_read()


def _squared_error(inputs: Inputs) -> tuple[int, int]:
    """Prediction, target: difference and square; and their sum, unless each element is kept."""
    size = inputs.size(0)
    (reduction,) = inputs.numbers(2)
    return (3 * size, inputs.all_read()) if reduction else (2 * size, inputs.read_and_written(size))


def _squared_error_backward(inputs: Inputs) -> tuple[int, int]:
    """Gradient, prediction, target: their difference, times the gradient, times a factor."""
    size, written = inputs.size(1), inputs.size(1) * inputs.width(1)
    return 3 * size, written + sum(inputs.size(place) * inputs.width(place) for place in range(3))


def _moved(inputs: Inputs) -> tuple[int, int]:
    """No operation; as much written as read."""
    if not inputs.tensors:
        raise ValueError("no shape")
    return 0, inputs.read_and_written(sum(prod(shape) for shape, _ in inputs.tensors))


def _copied(inputs: Inputs) -> tuple[int, int]:
    """The first input is written, the second read: counting the inputs counts both."""
    inputs.size(0)
    return 0, inputs.all_read()


def _span_of(inputs: Inputs) -> int:
    for place in range(min(2, len(inputs.types))):
        inputs.size(place)
    return prod(_spanned([shape for shape, _ in inputs.tensors]))


def _spanned(shapes: Sequence[Shape]) -> Shape:
    """The shape that these broadcast to.

    Example:
        >>> _spanned([(2, 1, 3), (4, 1)])
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
    "aten::where": _chosen,
    "aten::gelu_backward": each(2),
    # The gradient where the output is above the threshold, else 0.
    "aten::threshold_backward": each(1),
    "aten::mse_loss": _squared_error,
    "aten::mse_loss_backward": _squared_error_backward,
    **{f"aten::{name}": _compared for name in _COMPARISONS},
    **{f"aten::{name}_": _broadcast for name in _COMPARISONS},
    **{f"aten::{name}{end}": _broadcast for name in (*_ARITHMETIC, *_BITWISE) for end in ("", "_")},
    **{
        f"aten::{name}{end}": each(1)
        for name in (*_FUNCTIONS, *_MORE_FUNCTIONS, "bitwise_not")
        for end in ("", "_")
    },
    **{f"aten::{name}": _reduced for name in _REDUCTIONS},
    **{f"aten::{name}": _moved for name in ("cat", "stack", "flip", "roll")},
    **{f"aten::{name}": _copied for name in ("copy_", "fill_", "zero_")},
}
