"""What an op must compute and move, from the shapes of its inputs: one small formula an op.

FLOPs of matrix products, convolutions and attention are counted as `torch.utils.flop_counter` counts
them (two a multiply-add, the bias not counted); the tests hold each against its registry. What that
has no formula for is counted by the algorithm, with a function of one number (exp, erf, a square root)
as one operation. Bytes are the least that an op can move: each input read once, the output written
once. What lies in a cache is moved faster than the memory could.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from samprof.trace.inputs import Inputs, Shape


@dataclass(frozen=True, slots=True)
class Work:
    """What one call of an op does.

    Attributes:
        flops: floating-point operations.
        matrix_flops: of these, what PyTorch's flop counter counts.
        bytes: read and written, at least.
    """

    flops: int
    matrix_flops: int
    bytes: int


def work_of(op: str, text: str) -> Work | None:
    r"""The work of one call; None where there is no formula, or the inputs are not what it needs.

    Args:
        op: its name.
        text: its inputs, as `Inputs.of` takes them.

    Example:
        >>> work_of("aten::mm", '[[2, 3], [3, 4]]\0["float", "float"]\0["", ""]')
        Work(flops=48, matrix_flops=48, bytes=104)
    """
    if op not in FORMULAS:
        return None
    formula, is_matrix = FORMULAS[op]
    try:
        inputs = Inputs.of(text)
        flops, written = formula(inputs)
        tensors = inputs.tensors
        read = sum(prod(shape) * size for shape, size in tensors)
        size = 1 if op in _GIVE_TRUTHS else tensors[0][1] if tensors else 0
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return Work(flops, flops if is_matrix else 0, read + written * size)


Formula = Callable[[Inputs], tuple[int, int]]
"""Inputs -> FLOPs and elements written."""


def _mm(inputs: Inputs) -> tuple[int, int]:
    """[m, k] @ [k, n]."""
    (m, k), (_, n) = inputs.shapes[:2]
    return 2 * m * k * n, m * n


def _addmm(inputs: Inputs) -> tuple[int, int]:
    """Bias + [m, k] @ [k, n]."""
    (m, k), (_, n) = inputs.shapes[1:3]
    return 2 * m * k * n, m * n


def _bmm(inputs: Inputs) -> tuple[int, int]:
    """[b, m, k] @ [b, k, n]."""
    (b, m, k), (_, _, n) = inputs.shapes[:2]
    return 2 * b * m * k * n, b * m * n


def _baddbmm(inputs: Inputs) -> tuple[int, int]:
    """[b, m, n] + [b, m, k] @ [b, k, n]."""
    (b, m, k), (_, _, n) = inputs.shapes[1:3]
    return 2 * b * m * k * n, b * m * n


def _convolution(inputs: Inputs) -> tuple[int, int]:
    """X [N, C_in, *space], w [C_out, C_in / groups, *kernel] or, transposed, with C_in first.

    Each weight meets each place of the output (of the input, if transposed) once.
    """
    x, w = inputs.shapes[:2]
    out = _convolved(inputs, x, w)
    transposed = inputs.values[6].lower() in ("true", "1")
    places = x[2:] if transposed else out[2:]
    return 2 * x[0] * prod(w) * prod(places), prod(out)


def _convolved(inputs: Inputs, x: Shape, w: Shape) -> Shape:
    """The shape of a convolution's output (the formulas of torch.nn.Conv2d and ConvTranspose2d)."""
    space = len(x) - 2
    stride, padding, dilation, more = (_spread(inputs.numbers(i), space) for i in (3, 4, 5, 7))
    kernel = w[2:]
    if inputs.values[6].lower() in ("true", "1"):
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
    """Gradient of the input and of the weights: each costs what the forward costs."""
    gradient, x, w = inputs.shapes[:3]
    mask = json.loads(inputs.values[10].lower())
    transposed = inputs.values[7].lower() in ("true", "1")
    places = x[2:] if transposed else gradient[2:]
    once = 2 * x[0] * prod(w) * prod(places)
    return once * (bool(mask[0]) + bool(mask[1])), mask[0] * prod(x) + mask[1] * prod(w)


def _attention(inputs: Inputs) -> tuple[int, int]:
    """Q [B, H, S, D], k [B, H, T, D], v [B, H, T, E]: the scores, and the weighted sum."""
    (b, h, s, d), (_, _, t, _), (_, _, _, e) = inputs.shapes[:3]
    return 2 * b * h * s * t * (d + e), b * h * s * e


def _attention_backward(inputs: Inputs) -> tuple[int, int]:
    """Scores once more, then the gradients of weights, values, queries and keys: five products."""
    (b, h, s, d), (_, _, t, _), (_, _, _, e) = inputs.shapes[1:4]
    return 2 * b * h * s * t * (3 * d + 2 * e), b * h * (s * d + t * d + t * e)


def _each(count: int, *, of: int = 0) -> Formula:
    """So many operations an element of one input, and an output of its size."""

    def formula(inputs: Inputs) -> tuple[int, int]:
        _known(inputs, of)
        size = prod(inputs.shapes[of])
        return count * size, size

    return formula


def _broadcast(inputs: Inputs) -> tuple[int, int]:
    """One operation an element of the output, which is as large as all inputs together span."""
    for place in range(min(2, len(inputs.types))):
        _known(inputs, place)
    size = prod(_spanned([shape for shape, _ in inputs.tensors]))
    return size, size


def _reduced(inputs: Inputs) -> tuple[int, int]:
    """One operation an element read; what is written is little beside it."""
    _known(inputs, 0)
    return prod(inputs.shapes[0]), 0


def _moved(inputs: Inputs) -> tuple[int, int]:
    """No operation; as much written as read."""
    if not inputs.tensors:
        raise ValueError("no shape")
    return 0, sum(prod(shape) for shape, _ in inputs.tensors)


def _copied(inputs: Inputs) -> tuple[int, int]:
    """The first input is written, the second read: counting the inputs counts both."""
    _known(inputs, 0)
    return 0, 0


def _interpolated(inputs: Inputs) -> tuple[int, int]:
    """[N, C, *space] to so large a space: four weighted neighbours an element, three sums."""
    shape, space = inputs.shapes[0], inputs.numbers(1)
    written = prod(shape[:2]) * prod(space)
    return 7 * written, written


def _known(inputs: Inputs, place: int) -> None:
    """Raises ValueError where an input has no shape: Kineto leaves out those of nested tensors."""
    if not inputs.types[place] and not inputs.values[place]:
        raise ValueError("no shape")


def _spread(numbers: Sequence[int], count: int) -> Sequence[int]:
    return numbers if len(numbers) == count else list(numbers) * count


def _spanned(shapes: Sequence[Shape]) -> Shape:
    """The shape that these broadcast to.

    Example:
        >>> _spanned([(2, 1, 3), (4, 1)])
        (2, 4, 3)
    """
    longest = max((len(shape) for shape in shapes), default=0)
    padded = [(1,) * (longest - len(shape)) + tuple(shape) for shape in shapes]
    return tuple(max(sides) for sides in zip(*padded, strict=True))


_ATTENTION = (
    "aten::scaled_dot_product_attention",
    "aten::_scaled_dot_product_flash_attention",
    "aten::_scaled_dot_product_flash_attention_for_cpu",
    "aten::_scaled_dot_product_efficient_attention",
    "aten::_scaled_dot_product_cudnn_attention",
    "aten::_scaled_dot_product_fused_attention_overrideable",
)
_ELEMENTWISE = ("add", "sub", "mul", "div", "rsub", "maximum", "minimum", "where", "__xor__")
_COMPARISONS = ("gt", "ge", "lt", "le", "eq", "ne", "logical_and", "logical_or", "bitwise_xor")
_FUNCTIONS = ("gelu", "relu", "sigmoid", "tanh", "exp", "sqrt", "rsqrt", "pow", "neg", "abs", "sin")
_MORE_FUNCTIONS = ("cos", "reciprocal", "log", "erf", "silu", "threshold", "clamp", "round")
_REDUCTIONS = ("sum", "mean", "max", "min", "amax", "amin", "any", "all", "argmax", "var")
_MOVES = ("cat", "stack", "flip", "roll")
_FILLS = ("fill_", "zero_")

_GIVE_TRUTHS = {f"aten::{name}" for name in (*_COMPARISONS, "any", "all")}

FORMULAS: dict[str, tuple[Formula, bool]] = {
    "aten::mm": (_mm, True),
    "aten::addmm": (_addmm, True),
    "aten::bmm": (_bmm, True),
    "aten::baddbmm": (_baddbmm, True),
    "aten::convolution": (_convolution, True),
    "aten::convolution_backward": (_convolution_backward, True),
    **dict.fromkeys(_ATTENTION, (_attention, True)),
    **{f"{name}_backward": (_attention_backward, True) for name in _ATTENTION},
    # Largest, difference, exp, sum, quotient (the stable softmax).
    "aten::_softmax": (_each(5), False),
    "aten::_softmax_backward_data": (_each(4), False),
    # Mean, difference, square, variance, scaling; weight, bias (Ba et al. 2016, equation 3).
    "aten::native_layer_norm": (_each(7), False),
    "aten::native_layer_norm_backward": (_each(14), False),
    "aten::native_group_norm": (_each(7), False),
    "aten::upsample_bilinear2d": (_interpolated, False),
    "aten::gelu_backward": (_each(2), False),
    **{
        f"aten::{name}{ending}": (_broadcast, False)
        for name in (*_ELEMENTWISE, *_COMPARISONS)
        for ending in ("", "_")
    },
    **{
        f"aten::{name}{ending}": (_each(1), False)
        for name in (*_FUNCTIONS, *_MORE_FUNCTIONS)
        for ending in ("", "_")
    },
    **{f"aten::{name}": (_reduced, False) for name in _REDUCTIONS},
    **{f"aten::{name}": (_moved, False) for name in _MOVES},
    **{f"aten::{name}": (_copied, False) for name in ("copy_", *_FILLS)},
}
"""Name -> its formula, and whether PyTorch's flop counter counts it. Of nested ops the outermost with a
formula counts; the rest of what it calls is how it does its work."""

WITHOUT_WORK = frozenset(
    f"aten::{name}"
    for name in (
        *(
            "view",
            "reshape",
            "_unsafe_view",
            "_reshape_alias",
            "permute",
            "transpose",
            "t",
            "expand",
        ),
        *(
            "as_strided",
            "as_strided_",
            "unsqueeze",
            "squeeze",
            "select",
            "slice",
            "narrow",
            "unbind",
        ),
        *(
            "split",
            "chunk",
            "detach",
            "alias",
            "resolve_conj",
            "resolve_neg",
            "result_type",
            "size",
        ),
        *("empty", "empty_strided", "empty_like", "new_empty", "resize_", "item", "is_nonzero"),
        *("_local_scalar_dense", "set_", "lift_fresh", "numpy_T", "T", "mT", "view_as", "unfold"),
        *("_has_compatible_shallow_copy_type", "contiguous", "to", "broadcast_tensors", "movedim"),
    )
)
"""Ops that only look at memory in another way, or reserve it."""
