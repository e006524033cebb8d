"""Pooling and interpolation, against what torch calls."""

from typing import Any

import pytest
import torch

from samprof.trace.flops.registry import OpCost, cost_of
from tests.support.op_inputs import costs, text


@pytest.mark.parametrize(
    ("options", "side"),
    [
        # Along a side of 7, padded to 9: (9 - 3) / 2 + 1.
        ({"stride": 2, "padding": 1}, 4),
        # (9 - 2 * 2 - 1) / 1 + 1, with 5 places under a window of 3 that skips every second.
        ({"stride": 1, "padding": 1, "dilation": 2}, 5),
        # (7 - 3) / 3 + 1 = 2.33: rounded up, or down.
        ({"ceil_mode": True}, 3),
        ({}, 2),
        # (9 - 3) / 4 + 1 = 2.5; the third would begin at 8, in the padding behind 1 + 7.
        ({"stride": 4, "padding": 1, "ceil_mode": True}, 2),
    ],
)
def test_max_pool_and_its_gradient(options: dict[str, Any], side: int) -> None:
    x = torch.ones(2, 3, 7, 7, requires_grad=True)
    out = torch.nn.functional.max_pool2d(x, 3, **options)
    assert out.shape == (2, 3, side, side)
    written, read = 2 * 3 * side * side, 2 * 3 * 7 * 7

    def both() -> None:
        torch.nn.functional.max_pool2d(x, 3, **options).backward(torch.ones_like(out))

    names = ("max_pool2d_with_indices", "max_pool2d_with_indices_backward")
    assert costs(both, *names) == [
        # 9 comparisons each; written are the largest (4 bytes) and its place (8).
        OpCost(9 * written, 0, 4 * read + 12 * written),
        # Each gradient is added at its place; the gradient of x is written, x is not read.
        OpCost(written, 0, 12 * written + 4 * read),
    ]


def test_average_pool_and_its_gradient() -> None:
    x = torch.ones(1, 2, 6, 8, requires_grad=True)

    def both() -> None:
        torch.nn.functional.avg_pool2d(x, (2, 4)).backward(torch.ones(1, 2, 3, 2))

    # 12 windows of 8: 7 sums and a quotient each; back a quotient, and a sum per element of the window.
    assert costs(both, "avg_pool2d", "avg_pool2d_backward") == [
        OpCost(8 * 12, 0, 4 * (96 + 12)),
        OpCost(9 * 12, 0, 4 * (12 + 96)),
    ]


def test_interpolation_is_seven_operations_per_element() -> None:
    types, values = ["float", "ScalarList", "Scalar", "", ""], ["", "[4, 6]", "False", "", ""]
    cost = cost_of("aten::upsample_bilinear2d", text([[1, 2, 2, 3], [], [], [], []], types, values))
    assert cost == OpCost(7 * 48, 0, 4 * (12 + 48))


def test_interpolation_weighs_more_neighbours_in_more_dimensions() -> None:
    types, values = ["float", "ScalarList", "Scalar", ""], ["", "[6]", "False", ""]
    line = text([[1, 2, 3], [], [], []], types, values)
    # 12 elements of two weighted neighbours and a sum; 6 are read.
    assert cost_of("aten::upsample_linear1d", line) == OpCost(3 * 12, 0, 4 * (6 + 12))
    assert cost_of("aten::upsample_nearest1d", line) == OpCost(0, 0, 4 * (6 + 12))
    values = ["", "[4, 6]", "False", ""]
    image = text([[1, 2, 2, 3], [], [], []], types, values)
    # 48 elements of 16 weighted neighbours and 15 sums.
    assert cost_of("aten::upsample_bicubic2d", image) == OpCost(31 * 48, 0, 4 * (12 + 48))


def test_interpolation_and_its_gradient() -> None:
    x = torch.ones(1, 2, 3, 3, requires_grad=True)

    def both(mode: str, size: int) -> Any:
        out = torch.ones(1, 2, size, size)
        return lambda: torch.nn.functional.interpolate(x, size, mode=mode).backward(out)

    # 18 elements become 72 and back: a product and a sum for each of four neighbours.
    assert costs(both("bilinear", 6), "upsample_bilinear2d", "upsample_bilinear2d_backward") == [
        *[OpCost(7 * 72, 0, 4 * (18 + 72))] * 2,  # the op is called by one of the same name
        OpCost(8 * 72, 0, 4 * (72 + 18)),
    ]
    nearest = ("upsample_nearest2d", "upsample_nearest2d_backward")
    assert costs(both("nearest", 6), *nearest) == [
        *[OpCost(0, 0, 4 * (18 + 72))] * 2,
        OpCost(72, 0, 4 * (72 + 18)),
    ]
    # Of 18 elements 2 are read.
    assert costs(both("nearest", 1), *nearest)[0] == OpCost(0, 0, 4 * (2 + 2))
