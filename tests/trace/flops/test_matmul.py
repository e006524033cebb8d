"""Products and attention: each formula against PyTorch's own registry."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import flop_registry

from samprof.trace.flops.registry import FORMULAS, OpCost, cost_of
from tests.support.op_inputs import costs, counted, recorded, text

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


def test_products_of_integers_are_counted_like_those_of_floats() -> None:
    a, b = torch.ones(32, 16, dtype=torch.int8), torch.ones(16, 8, dtype=torch.int8)
    # 32 x 16 x 8 multiply-adds; 512 and 128 bytes read, 256 sums of 4 bytes written.
    whole = OpCost(8192, 8192, 512 + 128 + 1024)
    assert costs(lambda: torch._int_mm(a, b), "_int_mm") == [whole]
    assert counted(lambda: torch._int_mm(a, b)) == 0  # it is not in PyTorch's registry
    # Weights [8, 16] in bytes with 8 scales: 32 x 16 bfloat16 read, 32 x 8 written.
    types = ["c10::BFloat16", "signed char", "c10::BFloat16"]
    packed = text([[32, 16], [8, 16], [8]], types)
    assert cost_of("aten::_weight_int8pack_mm", packed) == OpCost(8192, 8192, 1024 + 128 + 16 + 512)


@pytest.mark.parametrize(("asked", "width"), [("", 1), ("15", 2), ("6", 4), ("7", None)])
def test_products_of_small_floats_are_written_in_the_type_that_is_asked_for(
    asked: str, width: int | None
) -> None:
    # 4 x 32 x 16 multiply-adds; 128 and 512 bytes and two scales of 4 read.
    shapes = [[4, 32], [32, 16], [], [], [], [], [], []]
    types = ["c10::Float8_e4m3fn"] * 2 + ["float"] * 2 + ["", "", "Scalar", "Scalar"]
    cost = cost_of("aten::_scaled_mm", text(shapes, types, ["", "", "", "", "", "", asked, "True"]))
    assert cost == (None if width is None else OpCost(4096, 4096, 128 + 512 + 8 + 64 * width))


@torch.inference_mode()
def test_the_fast_path_of_a_transformer_layer_by_hand() -> None:
    layer = torch.nn.TransformerEncoderLayer(16, 2, 32, batch_first=True).eval()
    x = torch.ones(3, 5, 16)  # 15 tokens
    qkv, projection = 2 * 15 * 16 * 48, 2 * 15 * 16 * 16
    scores = weighted = 2 * 3 * 2 * 5 * 5 * 8  # 3 images, 2 heads of 8
    first, second = 2 * 15 * 16 * 32, 2 * 15 * 32 * 16
    found = [cost_of(name, inputs) for name, inputs in recorded(lambda: layer(x))]
    products = qkv + projection + scores + weighted + first + second
    assert sum(cost.matrix_flops for cost in found if cost) == products
    # The counter sees one op, which torch does not take apart for it.
    assert counted(lambda: layer(x)) == 0
    assert costs(lambda: layer(x), "_addmm_activation") == [
        OpCost(first, first, 4 * (32 + 15 * 16 + 16 * 32 + 15 * 32))
    ]
    # 15 tokens of 48 numbers get their bias, a third of them is scaled.
    assert costs(lambda: layer(x), "_transform_bias_rescale_qkv") == [
        OpCost(15 * 48 + 15 * 16, 0, 4 * (15 * 48 + 48 + 15 * 48))
    ]


@pytest.mark.parametrize("name", [name for name in FORMULAS if "attention" in name])
def test_every_attention_is_two_products_or_five(name: str) -> None:
    b, h, s, t, d = 2, 3, 5, 7, 4
    q, k, v, out = [b, h, s, d], [b, h, t, d], [b, h, t, d], [b, h, s, d]
    once = 2 * b * h * s * t * d
    if name.endswith("_backward"):
        assert matrix_flops(name, [out, q, k, v]) == 5 * once
    else:
        assert matrix_flops(name, [q, k, v]) == 2 * once
        flash = flop_registry[aten._scaled_dot_product_flash_attention]
        assert flash(q, k, v, out_val=None) == 2 * once
