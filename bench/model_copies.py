"""What others made of segment_anything, at its smallest, with random weights: whole models.

Each is installed from its own repository: `pip install --no-deps` of a checkout.
"""

from __future__ import annotations

from typing import Any


def efficient_sam() -> tuple[Any, Any]:
    """`EfficientSam` of 64 pixels a side, two blocks in its encoder; an image and a point."""
    import torch
    from efficient_sam.efficient_sam import EfficientSam
    from efficient_sam.efficient_sam_decoder import MaskDecoder, PromptEncoder
    from efficient_sam.efficient_sam_encoder import ImageEncoderViT
    from efficient_sam.two_way_transformer import TwoWayTransformer

    norms = {"normalization_type": "layer_norm"}
    encoder = ImageEncoderViT(
        img_size=64,
        patch_size=16,
        in_chans=3,
        patch_embed_dim=32,
        depth=2,
        num_heads=2,
        mlp_ratio=2.0,
        neck_dims=[32, 32],
        act_layer=torch.nn.GELU,
        **norms,
    )
    around = {"activation": torch.nn.GELU, "normalize_before_activation": False}
    decoder = MaskDecoder(
        transformer_dim=32,
        transformer=TwoWayTransformer(depth=2, embedding_dim=32, num_heads=2, mlp_dim=64, **around),
        num_multimask_outputs=3,
        iou_head_depth=2,
        iou_head_hidden_dim=32,
        upscaling_layer_dims=[16, 8],
        **around,
        **norms,
    )
    model = EfficientSam(encoder, PromptEncoder(32, (4, 4), (64, 64)), 6, decoder)
    return model, (torch.rand(1, 3, 64, 64), torch.full((1, 1, 1, 2), 32.0), torch.ones(1, 1, 1))


def efficient_vit_sam() -> tuple[Any, Any]:
    """`EfficientViTSam` with two attention blocks, 256 pixels a side; an image with a point."""
    from efficientvit.models.efficientvit.backbone import EfficientViTLargeBackbone
    from efficientvit.models.efficientvit.sam import (
        EfficientViTSamImageEncoder,
        SamNeck,
        build_efficientvit_sam,
    )

    backbone = EfficientViTLargeBackbone([8, 16, 32, 64, 128], [1, 1, 1, 1, 2])
    neck = SamNeck(
        fid_list=["stage4", "stage3", "stage2"],
        in_channel_list=[128, 64, 32],
        head_width=32,
        head_depth=2,
        expand_ratio=1,
        middle_op="fmb",
    )
    model = build_efficientvit_sam(EfficientViTSamImageEncoder(backbone, neck), 256)
    return model, ([_with_a_point(256)], False)


def mobile_sam() -> tuple[Any, Any]:
    """MobileSAM's `Sam`, with narrow stages; its encoder takes 1024 pixels a side and no others."""
    from mobile_sam.modeling import MaskDecoder, PromptEncoder, Sam, TinyViT, TwoWayTransformer

    transformer = TwoWayTransformer(depth=2, embedding_dim=256, mlp_dim=64, num_heads=2)
    model = Sam(
        TinyViT(**tiny_vit()),
        PromptEncoder(256, (64, 64), (1024, 1024), 4),
        MaskDecoder(transformer_dim=256, transformer=transformer),
    )
    return model, ([_with_a_point(1024)], False)


def tiny_vit() -> dict[str, Any]:
    """The options of the image encoder of MobileSAM and SAM-HQ."""
    return {
        "img_size": 1024,
        "num_classes": 10,
        "embed_dims": [16, 32, 64, 320],  # it halves the side unless this is 320
        "depths": [2, 2, 2, 2],
        "num_heads": [1, 2, 2, 10],
        "window_sizes": [7, 7, 14, 7],
    }


def _with_a_point(side: int) -> dict[str, Any]:
    """What `Sam` takes for one image and one point."""
    import torch

    point = {"point_coords": torch.full((1, 1, 2), side / 2), "point_labels": torch.ones(1, 1)}
    return {"image": torch.rand(3, side, side), "original_size": (side, side), **point}
