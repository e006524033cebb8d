"""Cost of pooling and of interpolation: each output element comes from a window of the input.

A window of k elements takes k operations: additions and one division, or comparisons. Windows that
reach over the edge count as whole windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from samprof.trace.flops.op_inputs import Formula, Inputs

_INDEX_BYTES = 8


def _max_pool(inputs: Inputs) -> tuple[int, int]:
    """[N, C, h, w], kernel, stride, padding, dilation, ceil mode: the maximum, and its index."""
    stride = inputs.numbers(2)
    written, window = _pooled(inputs, 1, stride, inputs.numbers(4), rounds_up=inputs.truth(5))
    return window * written, inputs.read_and_written(written) + written * _INDEX_BYTES


def _max_pool_backward(inputs: Inputs) -> tuple[int, int]:
    """Gradient, input, ..., indices: each gradient is added at its index; the input is not read."""
    read = sum(inputs.size(place) * inputs.width(place) for place in (0, 7))
    return inputs.size(0), read + inputs.size(1) * inputs.width(1)


def _average_pool(inputs: Inputs) -> tuple[int, int]:
    """[N, C, h, w], kernel, stride, padding, ceil mode."""
    stride = inputs.numbers(2)
    written, window = _pooled(inputs, 1, stride, (1, 1), rounds_up=inputs.truth(4))
    return window * written, inputs.read_and_written(written)


def _average_pool_backward(inputs: Inputs) -> tuple[int, int]:
    """Gradient, input, kernel: each gradient is divided, and added to the window's elements."""
    window = prod(_pair(inputs.numbers(2)))
    size, read = inputs.size(0), inputs.size(0) * inputs.width(0)
    return (1 + window) * size, read + inputs.size(1) * inputs.width(1)


def _pooled(
    inputs: Inputs, place: int, stride: Sequence[int], dilation: Sequence[int], *, rounds_up: bool
) -> tuple[int, int]:
    """Elements of the output, and of a window: the formulas of torch.nn.MaxPool2d and AvgPool2d."""
    kernel, padding = _pair(inputs.numbers(place)), _pair(inputs.numbers(place + 2))
    step, dilated = _pair(stride or kernel), _pair(dilation)
    inputs.size(0)
    *others, height, width = inputs.shapes[0]
    sides = []
    for i, side in enumerate((height, width)):
        room = side + 2 * padding[i] - dilated[i] * (kernel[i] - 1) - 1
        count = (room + (step[i] - 1 if rounds_up else 0)) // step[i] + 1
        # A window that begins in the padding after the input is left out.
        sides.append(count - (rounds_up and (count - 1) * step[i] >= side + padding[i]))
    return prod(others) * prod(sides), prod(kernel)


def _pair(numbers: Sequence[int]) -> Sequence[int]:
    return numbers if len(numbers) == 2 else (*numbers, *numbers)


def _interpolation(neighbours: int) -> Formula:
    """[N, C, *space], output size: the weighted neighbours of each output element, and their sum."""

    def formula(inputs: Inputs) -> tuple[int, int]:
        written = _interpolated(inputs)
        return (2 * neighbours - 1) * written, inputs.read_and_written(written)

    return formula


def _nearest(inputs: Inputs) -> tuple[int, int]:
    """[N, C, *space], output size: no operation, and no more read than written."""
    written, width = _interpolated(inputs), inputs.width(0)
    return 0, (min(inputs.size(0), written) + written) * width


def _interpolated(inputs: Inputs) -> int:
    inputs.size(0)
    planes: int = prod(inputs.shapes[0][:2])
    return planes * prod(inputs.numbers(1))


def _interpolated_backward(count: int) -> Formula:
    """Gradient, its size, the input's shape: `count` operations per element of the gradient."""

    def formula(inputs: Inputs) -> tuple[int, int]:
        written = prod(inputs.numbers(2))
        return count * inputs.size(0), inputs.read_and_written(written)

    return formula


POOLING: dict[str, Formula] = {
    "aten::max_pool2d_with_indices": _max_pool,
    "aten::max_pool2d_with_indices_backward": _max_pool_backward,
    "aten::avg_pool2d": _average_pool,
    "aten::avg_pool2d_backward": _average_pool_backward,
    "aten::upsample_linear1d": _interpolation(2),
    "aten::upsample_bilinear2d": _interpolation(4),
    "aten::upsample_bicubic2d": _interpolation(16),
    "aten::upsample_trilinear3d": _interpolation(8),
    # Each of four neighbours gets a weighted part: a product and a sum.
    "aten::upsample_bilinear2d_backward": _interpolated_backward(8),
    **{f"aten::upsample_nearest{space}d": _nearest for space in (1, 2, 3)},
    "aten::upsample_nearest2d_backward": _interpolated_backward(1),
}
