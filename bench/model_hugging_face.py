"""Hugging Face's models of the SAM family at their smallest, with random weights."""

from __future__ import annotations

from typing import Any

WIDTH = 128
"""Channels of everything behind the image encoders: twice those of a memory, which are 64."""


def image(side: int) -> Any:
    """One random image `[1, 3, side, side]`."""
    import torch

    return torch.randn(1, 3, side, side)


def prompted(side: int) -> dict[str, Any]:
    """What these models take for one image and one point."""
    import torch

    points = {"input_points": torch.full((1, 1, 1, 2), side / 2)}
    return {"pixel_values": image(side), **points, "input_labels": torch.ones(1, 1, 1).int()}


def sam(kind: str) -> tuple[Any, Any]:
    """`SamModel` or `SamHQModel` of 128 pixels a side, and its inputs."""
    small = {"hidden_size": 32, "image_size": 128, "patch_size": 16}
    vision = small | {
        "num_hidden_layers": 4,
        "num_attention_heads": 2,
        "output_channels": 32,
        "window_size": 3,
        "global_attn_indexes": [1, 3],
        "num_pos_feats": 16,
        "mlp_dim": 64,
    }
    decoder = decoder_of(32) | ({"vit_dim": 32} if kind == "SamHQ" else {})
    parts = {
        "vision_config": made(f"{kind}Vision", **vision),
        "prompt_encoder_config": made(f"{kind}PromptEncoder", **small, mask_input_channels=8),
        "mask_decoder_config": made(f"{kind}MaskDecoder", **decoder),
    }
    return model(kind, **parts), prompted(128)


def sam_2() -> tuple[Any, Any]:
    """`Sam2Model` of 128 pixels a side, and its inputs."""
    return model("Sam2", vision_config=hiera(32), **prompts_and_decoder("Sam2", 128, 32)), prompted(
        128
    )


def sam_3() -> tuple[Any, Any]:
    """`Sam3Model` of 112 pixels a side, and an image, a text and a box."""
    import torch

    boxes = {
        "input_boxes": torch.full((1, 1, 4), 0.5),
        "input_boxes_labels": torch.ones(1, 1).long(),
    }
    return model("Sam3", **sam_3_parts()), {"pixel_values": image(112), **text(), **boxes}


def sam_3_vision() -> tuple[Any, Any]:
    """`Sam3VisionModel` of 112 pixels a side, and an image."""
    import transformers

    return transformers.Sam3VisionModel(sam_3_encoder()), image(112)


def sam_3_tracker() -> tuple[Any, Any]:
    """`Sam3TrackerModel` of 112 pixels a side, and its inputs."""
    parts = prompts_and_decoder("Sam3Tracker", 112, WIDTH, patch_size=14)
    return model("Sam3Tracker", vision_config=sam_3_encoder(), **parts), prompted(112)


def edge_tam() -> tuple[Any, Any]:
    """`EdgeTamModel` of 128 pixels a side, and its inputs; its encoder is timm's RepViT."""
    parts = prompts_and_decoder("EdgeTam", 128, WIDTH)
    return model("EdgeTam", vision_config=rep_vit(), **parts), prompted(128)


def text() -> dict[str, Any]:
    """Four tokens."""
    import torch

    return {"input_ids": torch.tensor([[1, 5, 7, 2]]), "attention_mask": torch.ones(1, 4).long()}


def model(kind: str, **options: Any) -> Any:
    """The whole model of a configuration with these options."""
    import transformers

    return getattr(transformers, f"{kind}Model")(made(kind, **options))


def made(kind: str, **options: Any) -> Any:
    """A configuration."""
    import transformers

    return getattr(transformers, f"{kind}Config")(**options)


def prompts_and_decoder(kind: str, side: int, width: int, **more: Any) -> dict[str, Any]:
    """The configurations of a prompt encoder and a mask decoder."""
    prompts = made(f"{kind}PromptEncoder", hidden_size=width, image_size=side, **more)
    decoder = made(f"{kind}MaskDecoder", **decoder_of(width))
    return {"prompt_encoder_config": prompts, "mask_decoder_config": decoder}


def decoder_of(width: int) -> dict[str, int]:
    """The sizes of a mask decoder."""
    return {
        "hidden_size": width,
        "mlp_dim": 64,
        "num_attention_heads": 2,
        "iou_head_hidden_dim": 32,
    }


def hiera(width: int) -> Any:
    """The configuration of SAM 2's image encoder with 128 pixels a side."""
    import transformers

    trunk = transformers.Sam2HieraDetConfig(
        hidden_size=16,
        num_attention_heads=1,
        image_size=[128, 128],
        blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[16, 32, 64, 128],
        num_attention_heads_per_stage=[1, 2, 4, 8],
        window_size_per_stage=[8, 4, 4, 4],
        global_attention_blocks=[3],
        window_positional_embedding_background_size=[7, 7],
    )
    return made(
        "Sam2Vision",
        backbone_config=trunk,
        backbone_channel_list=[128, 64, 32, 16],
        backbone_feature_sizes=[[32, 32], [16, 16], [8, 8]],
        fpn_hidden_size=width,
    )


def rep_vit() -> Any:
    """The configuration of EdgeTAM's image encoder with 128 pixels a side."""
    import transformers

    features = {"in_chans": 3, "features_only": True, "out_indices": [0, 1, 2, 3]}
    return made(
        "EdgeTamVision",
        backbone_config=transformers.TimmWrapperConfig(
            architecture="repvit_m0_9", model_args=features
        ),
        backbone_channel_list=[384, 192, 96, 48],
        backbone_feature_sizes=[[32, 32], [16, 16], [8, 8]],
        fpn_hidden_size=WIDTH,
    )


def sam_3_encoder() -> Any:
    """The configuration of SAM 3's image encoder with 112 pixels a side."""
    import transformers

    backbone = transformers.Sam3ViTConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=112,
        pretrain_image_size=56,
        window_size=4,
        global_attn_indexes=[1, 3],
    )
    sizes = [[32, 32], [16, 16], [8, 8]]
    return made(
        "Sam3Vision", backbone_config=backbone, fpn_hidden_size=WIDTH, backbone_feature_sizes=sizes
    )


def sam_3_parts() -> dict[str, Any]:
    """The configurations of SAM 3's detector."""
    import transformers

    layers = {"hidden_size": WIDTH, "num_attention_heads": 2}
    deep = layers | {"num_layers": 2, "intermediate_size": 64}
    words = transformers.CLIPTextConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=64,
        projection_dim=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=32,
        bos_token_id=1,
        eos_token_id=2,
    )
    return {
        "vision_config": sam_3_encoder(),
        "text_config": words,
        "geometry_encoder_config": made("Sam3GeometryEncoder", **deep),
        "detr_encoder_config": made("Sam3DETREncoder", **deep),
        "detr_decoder_config": made("Sam3DETRDecoder", **deep, num_queries=2),
        "mask_decoder_config": made("Sam3MaskDecoder", **layers),
    }
