"""Softmax and normalisations: operations counted by the algorithm."""

import json

import pytest
import torch

from samprof.trace.flops.op_inputs import INPUTS_BORDER
from samprof.trace.flops.registry import OpCost, cost_of
from tests.support.op_inputs import costs, text


def test_softmax_and_norm_by_the_algorithm() -> None:
    # 6 elements: 5 operations each; read and written once.
    assert cost_of("aten::_softmax", text([[2, 3], [], []])) == OpCost(30, 0, 48)
    types = ["float", "ScalarList", "float", "float", "Scalar"]
    # 7 an element; the image, weight and bias read, the result written.
    cost = cost_of("aten::native_layer_norm", text([[2, 3], [], [3], [3], []], types))
    assert cost == OpCost(42, 0, 4 * (6 + 3 + 3 + 6))
    # Square, mean, scaling, weight.
    rms = text([[2, 3], [], [3], []], ["float", "ScalarList", "float", "Scalar"])
    assert cost_of("aten::_fused_rms_norm", rms) == OpCost(24, 0, 4 * (6 + 3 + 6))
    # The masking is one more than a softmax; a mask of one byte per element is read.
    masked = text([[2, 3], [2, 3], [], []], ["float", "bool", "Scalar", "Scalar"])
    assert cost_of("aten::_masked_softmax", masked) == OpCost(36, 0, 48 + 6)


@pytest.mark.parametrize(
    ("trains", "operations", "back"),
    # Given mean and variance: difference, scaling, weight, bias. Back one operation for the gradient of
    # x, four for that of the weight, one for that of the bias.
    [(True, 7, 9), (False, 4, 6)],
)
def test_batch_norm_by_the_algorithm(operations: int, back: int, *, trains: bool) -> None:
    norm, x = torch.nn.BatchNorm2d(3).train(trains), torch.ones(2, 3, 4, 5, requires_grad=True)

    def both() -> None:
        norm(x).backward(torch.ones(2, 3, 4, 5))

    # x has 120 elements. Weight, bias, means and variances 3 each; back weight, means, variances and
    # what the forward kept: the means and deviations of the batch, nothing if they were given.
    kept = 15 if trains else 9
    assert costs(both, "native_batch_norm", "native_batch_norm_backward") == [
        OpCost(operations * 120, 0, 4 * (120 + 12 + 120)),
        OpCost(back * 120, 0, 4 * (2 * 120 + kept + 120)),
    ]


def test_a_batch_norm_of_unknown_mode_is_not_guessed() -> None:
    shapes, types = (
        [[2, 3, 4, 5], *[[3]] * 4, [], [], []],
        ["float"] * 5 + ["Bool", "Double", "Double"],
    )
    assert (
        cost_of(
            "aten::cudnn_batch_norm", INPUTS_BORDER.join([*map(json.dumps, (shapes, types)), ""])
        )
        is None
    )
    known = text(shapes, types, [*[""] * 5, "True", "0.1", "1e-5"])
    assert cost_of("aten::cudnn_batch_norm", known) == OpCost(7 * 120, 0, 4 * (120 + 12 + 120))
    # Input, gradient, weight, means and variances of all and of the batch, 6 bytes set aside.
    shapes = [[2, 3, 4, 5], [2, 3, 4, 5], *[[3]] * 5, [], [6]]
    back = text(shapes, ["float"] * 7 + ["Double", "unsigned char"])
    assert cost_of("aten::cudnn_batch_norm_backward", back) == OpCost(
        1080, 0, 4 * (240 + 15 + 120) + 6
    )
