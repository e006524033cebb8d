"""SAM for another image size."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import torch
from torch.nn import Parameter
from torch.nn.functional import interpolate

if TYPE_CHECKING:
    from segment_anything.modeling import Sam


def resized(sam: Sam, side: int) -> Sam:
    """A copy of the model for images of `side` x `side` pixels.

    Position embeddings are interpolated, as is usual for vision transformers (Dosovitskiy et al. 2021,
    section 3.2): bicubic for the absolute ones, linear for the relative ones of global attention.
    Windows keep their size.

    Args:
        sam: the model.
        side: pixels per side, a multiple of the patch size.
    """
    copy = deepcopy(sam)
    encoder = copy.image_encoder
    patch = int(encoder.patch_embed.proj.kernel_size[0])
    tokens = side // patch
    encoder.img_size = side
    if encoder.pos_embed is not None:
        grid = encoder.pos_embed.permute(0, 3, 1, 2)
        scaled = interpolate(grid.float(), (tokens, tokens), mode="bicubic", align_corners=False)
        encoder.pos_embed = _like(scaled.permute(0, 2, 3, 1), encoder.pos_embed)
    for block in encoder.blocks:
        if block.window_size == 0 and block.attn.use_rel_pos:
            for name in ("rel_pos_h", "rel_pos_w"):
                old = getattr(block.attn, name)
                line = interpolate(old.T[None].float(), 2 * tokens - 1, mode="linear")
                setattr(block.attn, name, _like(line[0].T, old))
    copy.prompt_encoder.input_image_size = (side, side)
    copy.prompt_encoder.image_embedding_size = (tokens, tokens)
    copy.prompt_encoder.mask_input_size = (4 * tokens, 4 * tokens)
    return copy


def _like(values: torch.Tensor, old: Parameter) -> Parameter:
    return Parameter(values.detach().to(old.dtype).contiguous())
