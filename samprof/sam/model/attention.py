"""The encoder's attention on torch's fused kernels, with the relative position as an additive mask.

The idea is that of segment-anything-fast (github.com/pytorch-labs/segment-anything-fast,
modeling/image_encoder.py). Its own Triton kernel, which never materialises the mask, is not used: the
mask is as large as the scores of plain attention, which this variant saves.
"""

import sys
from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

RelPos = Callable[[int, int, Tensor], Tensor]
_ATTRIBUTES = ("qkv", "proj", "num_heads", "scale", "use_rel_pos")
_TABLES = ("rel_pos_h", "rel_pos_w")


def attentions(encoder: nn.Module) -> list[nn.Module]:
    """The encoder's attention modules, recognised by their attributes."""
    return [module for module in encoder.modules() if _is_attention(module)]


def fuse(attention: nn.Module) -> None:
    """Makes the module run `scaled_dot_product_attention`; its parameters are unchanged."""
    home = sys.modules.get(type(attention).__module__)
    get_rel_pos = getattr(home, "get_rel_pos", own_rel_pos)
    attention.__dict__["forward"] = MethodType(_fused(get_rel_pos), attention)


def relative_bias(q: Tensor, along_h: Tensor, along_w: Tensor) -> Tensor:
    """What the decomposed relative position adds to the scores, `[B, H * W, H * W]`.

    Args:
        q: queries before scaling, `[B, H * W, C]`.
        along_h: embeddings of every pair of rows, `[H, H, C]`.
        along_w: embeddings of every pair of columns, `[W, W, C]`.
    """
    height, width = len(along_h), len(along_w)
    grid = q.reshape(-1, height, width, q.shape[-1])
    # Their sum takes its layout from them: any other than this, and all of it is copied below.
    rel_h = torch.einsum("bhwc,hkc->bhwk", grid, along_h).contiguous()
    rel_w = torch.einsum("bhwc,wkc->bhwk", grid, along_w).contiguous()
    tokens = height * width
    return (rel_h[..., :, None] + rel_w[..., None, :]).reshape(-1, tokens, tokens)


def own_rel_pos(q_size: int, k_size: int, rel_pos: Tensor) -> Tensor:
    """Embeddings `[q_size, k_size, C]` from a table `[L, C]`, for encoders without `get_rel_pos`."""
    # As in segment_anything/modeling/image_encoder.py, after MViTv2 (arXiv:2112.01526): row
    # q - k + size - 1 of the table, which is interpolated if it was made for another size. The two
    # sizes are equal, because every block attends to its own tokens.
    longest = 2 * max(q_size, k_size) - 1
    if len(rel_pos) != longest:
        rel_pos = functional.interpolate(rel_pos.T[None], size=longest, mode="linear")[0].T
    queries = torch.arange(q_size, device=rel_pos.device)[:, None]
    keys = torch.arange(k_size, device=rel_pos.device)[None, :]
    return rel_pos[queries - keys + k_size - 1]


def _is_attention(module: nn.Module) -> bool:
    if not all(hasattr(module, name) for name in _ATTRIBUTES):
        return False
    return not module.use_rel_pos or all(hasattr(module, name) for name in _TABLES)


def _fused(get_rel_pos: RelPos) -> Callable[[Any, Tensor], Tensor]:
    def forward(self: Any, x: Tensor) -> Tensor:
        """Every token after attending to all the others, `[B, H, W, C]` as `x`."""
        batch, height, width, _ = x.shape
        tokens, heads = height * width, self.num_heads
        qkv = self.qkv(x).reshape(batch, tokens, 3, heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        mask = None
        if self.use_rel_pos:
            along_h = get_rel_pos(height, height, self.rel_pos_h)
            along_w = get_rel_pos(width, width, self.rel_pos_w)
            bias = relative_bias(q.reshape(batch * heads, tokens, -1), along_h, along_w)
            mask = bias.view(batch, heads, tokens, tokens)
        x = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=self.scale)
        out: Tensor = self.proj(x.transpose(1, 2).reshape(batch, height, width, -1))
        return out

    return forward
