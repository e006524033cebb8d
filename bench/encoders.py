"""The encoders that are recorded, each with its input."""

from typing import Any

Model = tuple[Any, Any]
"""A module and its input."""


def small_encoder() -> Model:
    """SAM's image encoder as `samprof sweep` uses it where there is no GPU."""
    import torch

    from samprof.sam.model.build import build_sam

    encoder = build_sam("small").image_encoder
    return encoder, torch.randn(1, 3, encoder.img_size, encoder.img_size)


def tiny_encoder() -> Model:
    """SAM's image encoder with all its parts, so small that recording its ops outweighs them."""
    import torch
    from segment_anything.modeling.image_encoder import ImageEncoderViT

    encoder = ImageEncoderViT(
        img_size=64,
        embed_dim=32,
        depth=2,
        num_heads=2,
        out_chans=16,
        use_rel_pos=True,
        window_size=3,
        global_attn_indexes=(1,),
    )
    return encoder.eval(), torch.randn(1, 3, 64, 64)
