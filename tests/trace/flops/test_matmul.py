"""Products, convolutions and attention: each formula against PyTorch's own registry."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import flop_registry

from samprof.trace.flops.registry import FORMULAS, cost_of
from tests.support.op_inputs import counted, recorded, text

aten = torch.ops.aten
sides = st.integers(1, 40)


def matrix_flops(op: str, *arguments: Any, **more: Any) -> int:
    cost = cost_of(op, text(*arguments, **more))
    assert cost is not None
    return cost.matrix_flops


@given(sides, sides, sides, sides)
def test_products_are_counted_as_pytorch_counts_them(b: int, m: int, k: int, n: int) -> None:
    registry = flop_registry
    assert matrix_flops("aten::mm", [[m, k], [k, n]]) == registry[aten.mm](
        [m, k], [k, n], out_val=None
    )
    assert matrix_flops("aten::addmm", [[n], [m, k], [k, n]]) == 2 * m * k * n
    assert matrix_flops("aten::bmm", [[b, m, k], [b, k, n]]) == 2 * b * m * k * n
    batched = [[b, m, n], [b, m, k], [b, k, n]]
    assert matrix_flops("aten::baddbmm", batched) == 2 * b * m * k * n


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


@pytest.mark.parametrize("name", [name for name in FORMULAS if "attention" in name])
def test_every_attention_is_two_products_or_five(name: str) -> None:
    b, h, s, t, d = 2, 3, 5, 7, 4
    q, k, v, out = [b, h, s, d], [b, h, t, d], [b, h, t, d], [b, h, s, d]
    once = 2 * b * h * s * t * d
    if name.endswith("_backward"):
        assert matrix_flops(name, [out, q, k, v]) == 5 * once
    else:
        assert matrix_flops(name, [q, k, v]) == 2 * once
        flash = flop_registry[aten._scaled_dot_product_flash_attention_for_cpu]
        assert flash(q, k, v, out_val=None) == 2 * once
