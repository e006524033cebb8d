"""Fused attention gives what plain attention gives."""

import copy
from typing import Any

import pytest
import torch
from segment_anything.modeling import image_encoder as original
from segment_anything.modeling.image_encoder import Attention
from torch import Tensor

from samprof.errors import ModelError
from samprof.sam.model.attention import attentions, fuse, own_rel_pos, relative_bias
from samprof.sam.model.variants import apply
from tests.sam.model.encoders import (
    filled,
    one_line,
    tiny,
)


def attention(rel_pos: bool = True, size: tuple[int, int] = (3, 5), kind: type = Attention) -> Any:
    torch.manual_seed(3)
    module = kind(8, num_heads=2, use_rel_pos=rel_pos, input_size=size)
    return filled(module.double())


class Copied(Attention):
    """In a file without `get_rel_pos`, as in another project's copy."""


@pytest.mark.parametrize("grid", [(3, 5), (4, 4), (1, 6)])
def test_the_mask_is_the_bias_of_eager(grid: tuple[int, int], no_grad: None) -> None:
    module = attention()
    height, width = grid
    q = torch.randn(6, height * width, 4, dtype=torch.float64)
    zero = torch.zeros(6, height * width, height * width, dtype=torch.float64)
    tables = (module.rel_pos_h, module.rel_pos_w)
    expected = original.add_decomposed_rel_pos(zero, q, *tables, grid, grid)
    pairs = (original.get_rel_pos(n, n, table) for n, table in zip(grid, tables, strict=True))
    mask = relative_bias(q, *pairs)
    assert mask.any()
    assert torch.equal(mask, expected)


@pytest.mark.parametrize("size", [1, 3, 4, 9])
def test_the_own_tables_are_those_of_segment_anything(size: int) -> None:
    table = torch.randn(7, 2, dtype=torch.float64)
    expected = original.get_rel_pos(size, size, table)
    torch.testing.assert_close(own_rel_pos(size, size, table), expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("kind", [Attention, Copied])
@pytest.mark.parametrize("rel_pos", [True, False])
@pytest.mark.parametrize("grid", [(3, 5), (5, 2)])
def test_fused_attention_is_attention(
    grid: tuple[int, int], rel_pos: bool, kind: type, no_grad: None, monkeypatch: Any
) -> None:
    module = attention(rel_pos, kind=kind)
    tokens = torch.randn(2, *grid, 8, dtype=torch.float64)
    expected = module(tokens)
    masks = []
    plain = torch.nn.functional.scaled_dot_product_attention

    def watched(*args: Any, **kwargs: Any) -> Tensor:
        masks.append(kwargs["attn_mask"])
        return plain(*args, **kwargs)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", watched)
    fuse(module)
    torch.testing.assert_close(module(tokens), expected, rtol=0, atol=1e-12)
    (mask,) = masks
    if rel_pos:
        count = grid[0] * grid[1]
        assert mask.shape == (2, 2, count, count)
        assert mask.dtype is torch.float64
    else:
        assert mask is None


@pytest.mark.parametrize("rel_pos", [True, False])
@pytest.mark.parametrize("shape", [(64, 64), (48, 80)])
def test_window_and_global_blocks_are_fused(
    shape: tuple[int, int], rel_pos: bool, no_grad: None
) -> None:
    # The position embedding is square; without it images of any shape pass.
    encoder = tiny(use_abs_pos=False, use_rel_pos=rel_pos).double()
    image = torch.randn(2, 3, *shape, dtype=torch.float64)
    expected = encoder(image)
    apply(encoder, "sdpa")
    torch.testing.assert_close(encoder(image), expected, rtol=0, atol=1e-12)


def test_the_gradients_are_those_of_eager() -> None:
    module, tokens = attention(), torch.randn(2, 3, 5, 8, dtype=torch.float64)
    module(tokens).square().sum().backward()
    expected = {name: parameter.grad for name, parameter in module.named_parameters()}
    module.zero_grad(set_to_none=True)
    fuse(module)
    module(tokens).square().sum().backward()
    for name, parameter in module.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name], rtol=0, atol=1e-12)


def test_only_the_encoder_has_such_attention(small: Any) -> None:
    assert len(attentions(small.image_encoder)) == 6
    assert attentions(small) == attentions(small.image_encoder)
    with pytest.raises(ModelError) as caught:
        apply(copy.deepcopy(small.mask_decoder), "sdpa")
    assert one_line(caught) == (
        "variant: sdpa: no attention as in ImageEncoderViT; give SAM's image encoder"
    )
