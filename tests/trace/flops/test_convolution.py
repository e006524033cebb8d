"""Convolutions, under every name that torch calls them by."""

from typing import Any

import pytest
import torch

from samprof.trace.flops.registry import FORMULAS, OpCost, cost_of
from tests.support.op_inputs import counted, recorded, text


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((2, 4, 9, 11), {"out_channels": 6, "kernel_size": 3}),
        ((1, 4, 9, 11), {"out_channels": 6, "kernel_size": (3, 1), "stride": (2, 1), "padding": 1}),
        ((1, 4, 9, 11), {"out_channels": 8, "kernel_size": 3, "groups": 2, "dilation": 2}),
        ((1, 3, 16, 16), {"out_channels": 5, "kernel_size": 4, "stride": 4, "bias": False}),
    ],
)
@pytest.mark.parametrize("transposed", [False, True])
@torch.inference_mode()
def test_convolutions_agree_with_the_flop_counter(
    shape: tuple[int, ...], options: dict[str, Any], *, transposed: bool
) -> None:
    kind = torch.nn.ConvTranspose2d if transposed else torch.nn.Conv2d
    layer, x = kind(shape[1], **options), torch.ones(shape)
    (inputs,) = [one for name, one in recorded(lambda: layer(x)) if name == "aten::convolution"]
    cost = cost_of("aten::convolution", inputs)
    assert cost is not None
    assert cost.matrix_flops == counted(lambda: layer(x))
    # Image, weights, bias and result once each, in float32.
    tensors = [x, *layer.parameters(), layer(x)]
    assert cost.bytes == 4 * sum(tensor.numel() for tensor in tensors)


def test_the_backward_of_a_convolution_agrees_with_the_flop_counter() -> None:
    layer, x = torch.nn.Conv2d(4, 6, 3, padding=1), torch.ones(2, 4, 9, 11, requires_grad=True)
    gradient = torch.ones_like(layer(x))

    def backward() -> None:
        layer(x).backward(gradient)

    names = ("aten::convolution", "aten::convolution_backward")
    found = [cost_of(name, one) for name, one in recorded(backward) if name in names]
    assert len(found) == 2
    assert sum(cost.matrix_flops for cost in found if cost) == counted(backward)


# Batch 2, 3 channels of 9 x 11 become 6 with a kernel of 3 x 3, stride 2 and padding 1: 5 x 6 places.
# 2 x 30 places x 6 x 27 weights; 594 numbers, 162 weights and 6 biases read, 360 written.
WHOLE = OpCost(2 * 2 * 30 * 162, 2 * 2 * 30 * 162, 4 * (594 + 162 + 6 + 360))
LISTS = {"stride": "[2, 2]", "padding": "[1, 1]", "dilation": "[1, 1]", "kernel": "[3, 3]"}


@pytest.mark.parametrize(
    ("op", "order"),
    [
        ("mkldnn_convolution", "bias padding stride dilation groups"),
        ("miopen_convolution", "bias padding stride dilation groups"),
        ("_nnpack_spatial_convolution", "bias padding stride"),
        ("thnn_conv2d", "kernel bias stride padding"),
        ("_slow_conv2d_forward", "kernel bias stride padding"),
        ("slow_conv_dilated2d", "kernel bias stride padding dilation"),
        ("_conv_depthwise2d", "kernel bias stride padding dilation"),
        ("cudnn_convolution_relu", "bias stride padding dilation groups"),
    ],
)
def test_each_library_takes_its_arguments_in_another_order(op: str, order: str) -> None:
    kinds = {name: "float" if name == "bias" else "ScalarList" for name in order.split()}
    shapes = [[2, 3, 9, 11], [6, 3, 3, 3], *[[6] if name == "bias" else [] for name in kinds]]
    values = ["", "", *[LISTS.get(name, "1" if name == "groups" else "") for name in kinds]]
    inputs = text(shapes, ["float", "float", *kinds.values()], values)
    assert cost_of(f"aten::{op}", inputs) == WHOLE


@pytest.mark.parametrize("op", ["slow_conv_transpose2d", "cudnn_convolution_transpose"])
def test_a_transposed_one_applies_its_weights_per_place_of_the_input(op: str) -> None:
    # 4 channels of 5 x 6 become 6 of 4 * 2 - 2 + 3 + 1 = 10 by 5 * 2 - 2 + 3 + 1 = 12.
    slow = ["[3, 3]", "", "[2, 2]", "[1, 1]", "[1, 1]", "[1, 1]"]
    cudnn = ["[1, 1]", "[1, 1]", "[2, 2]", "[1, 1]", "1"]
    more = slow if op.startswith("slow") else cudnn
    types = ["float", "float", *["ScalarList"] * len(more)]
    shapes = [[1, 4, 5, 6], [4, 6, 3, 3], *[[]] * len(more)]
    products = 2 * 30 * 4 * 6 * 9
    cost = cost_of(f"aten::{op}", text(shapes, types, ["", "", *more]))
    assert cost == OpCost(products, products, 4 * (120 + 216 + 6 * 10 * 12))


@torch.inference_mode()
@pytest.mark.parametrize("uses_mkldnn", [True, False])
def test_convolutions_below_torchscript_are_counted(*, uses_mkldnn: bool) -> None:
    model, x = (
        torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.Conv2d(8, 4, 3)),
        torch.ones(2, 3, 16, 16),
    )
    with torch.backends.mkldnn.flags(enabled=uses_mkldnn):
        traced = torch.jit.trace(model, x)
        names = [name for name, _ in recorded(lambda: traced(x))]
        found = [
            cost_of(*one) for one in recorded(lambda: traced(x)) if one[0] == "aten::_convolution"
        ]
    assert "aten::convolution" not in names
    # 14 x 14 places of 8 x 27 weights, 12 x 12 of 4 x 72, two images.
    by_hand = 2 * 2 * (196 * 216 + 144 * 288)
    assert sum(cost.matrix_flops for cost in found if cost) == by_hand
    assert counted(lambda: model(x)) == by_hand


def test_every_op_with_conv_in_its_name_that_torch_has_is_known_by_its_arguments() -> None:
    """The places of arguments, against the signatures of this torch."""
    usual = {"self": "input", "weight": "weight"}
    for op in FORMULAS:
        name = op.removeprefix("aten::")
        if "conv" not in name or "backward" in name or not hasattr(torch.ops.aten, name):
            continue
        names = [one.name for one in getattr(torch.ops.aten, name).default._schema.arguments]
        assert usual.get(names[0], names[0]) == "input"
        assert names[1] == "weight"
        given = dict.fromkeys(names, "[1, 1]") | {"groups": "1", "transposed": "False"}
        values = ["", "", *[given[one] for one in names[2:]]]
        # A stride of 3 and a padding of 2 tell whether they are read at their places: of 9 x 9 with a
        # kernel of 2 x 2 (9 + 4 - 2) // 3 + 1 = 4 places remain; transposed 8 * 3 - 4 + 2 = 22, and one
        # more by the output's padding.
        values[names.index("stride")], values[names.index("padding")] = "[3, 3]", "[2, 2]"
        shapes = [[1, 1, 9, 9], [1, 1, 2, 2], *[[]] * (len(names) - 2)]
        cost = cost_of(
            op, text(shapes, ["float", "float", *["ScalarList"] * (len(names) - 2)], values)
        )
        assert cost is not None, op
        is_transposed = "transpose" in name
        side, places = (23 if is_transposed else 4), (81 if is_transposed else 16)
        assert (cost.flops, cost.bytes) == (2 * places * 4, 4 * (81 + 4 + side**2)), op
