"""Models of other people at their smallest, from configurations, with random weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """A model and what it is called with.

    Attributes:
        name: what the table calls it.
        package: what must be installed.
        make: gives the module and one example of its inputs, as `samprof.sweep` takes them.
    """

    name: str
    package: str
    make: Callable[[], tuple[Any, Any]]


def _image(side: int) -> Any:
    import torch

    return torch.randn(1, 3, side, side)


def _prompted(side: int) -> dict[str, Any]:
    """What Hugging Face's models take for one image and one point."""
    import torch

    points = {"input_points": torch.full((1, 1, 1, 2), side / 2)}
    return {"pixel_values": _image(side), **points, "input_labels": torch.ones(1, 1, 1).int()}


def _segment_anything() -> tuple[Any, Any]:
    from samprof.sam.model.build import build_sam

    encoder = build_sam("small").image_encoder
    return encoder, _image(encoder.img_size)


def _sam_hq_tiny_vit() -> tuple[Any, Any]:
    from segment_anything_hq.modeling import TinyViT

    encoder = TinyViT(  # its forward is written for this side
        img_size=1024,
        num_classes=10,
        embed_dims=[16, 32, 64, 320],  # it halves the side unless this is 320
        depths=[2, 2, 2, 2],
        num_heads=[1, 2, 2, 10],
        window_sizes=[7, 7, 14, 7],
    )
    return encoder, _image(1024)


def _hugging_face(kind: str, side: int, **parts: Any) -> tuple[Any, Any]:
    import transformers

    made = {
        name: getattr(transformers, f"{kind}{part}Config")(**options)
        for name, (part, options) in parts.items()
    }
    config = getattr(transformers, f"{kind}Config")(**made)
    return getattr(transformers, f"{kind}Model")(config), _prompted(side)


def sam_of_hugging_face(kind: str) -> tuple[Any, Any]:
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
    decoder = {"hidden_size": 32, "mlp_dim": 64, "num_attention_heads": 2}
    decoder |= {"iou_head_hidden_dim": 32} | ({"vit_dim": 32} if kind == "SamHQ" else {})
    return _hugging_face(
        kind,
        128,
        vision_config=("Vision", vision),
        prompt_encoder_config=("PromptEncoder", small | {"mask_input_channels": 8}),
        mask_decoder_config=("MaskDecoder", decoder),
    )


def sam_2_of_hugging_face() -> tuple[Any, Any]:
    """`Sam2Model` of 128 pixels a side, and its inputs."""
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
    vision = {
        "backbone_config": trunk,
        "backbone_channel_list": [128, 64, 32, 16],
        "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
        "fpn_hidden_size": 32,
    }
    decoder = {"hidden_size": 32, "mlp_dim": 64, "num_attention_heads": 2}
    return _hugging_face(
        "Sam2",
        128,
        vision_config=("Vision", vision),
        prompt_encoder_config=("PromptEncoder", {"hidden_size": 32, "image_size": 128}),
        mask_decoder_config=("MaskDecoder", decoder | {"iou_head_hidden_dim": 32}),
    )


def _sam_3_vision() -> tuple[Any, Any]:
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
    config = transformers.Sam3VisionConfig(
        backbone_config=backbone,
        fpn_hidden_size=32,
        backbone_feature_sizes=[[32, 32], [16, 16], [8, 8]],
    )
    return transformers.Sam3VisionModel(config), _image(112)


def _vit_of_hugging_face(kind: str) -> tuple[Any, Any]:
    import transformers

    config = getattr(transformers, f"{kind}Config")(
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=64,
        patch_size=16,
    )
    return getattr(transformers, f"{kind}Model")(config), _image(64)


def _timm(name: str, side: int, **options: Any) -> tuple[Any, Any]:
    import timm

    return timm.create_model(name, pretrained=False, **options), _image(side)


def _tiny_vit() -> tuple[Any, Any]:
    from timm.models.tiny_vit import tiny_vit_5m_224  # SAM-HQ registers another under this name

    return tiny_vit_5m_224(), _image(224)


def _samvit() -> tuple[Any, Any]:
    from timm.models.vision_transformer_sam import VisionTransformerSAM

    encoder = VisionTransformerSAM(
        img_size=128,
        patch_size=16,
        embed_dim=32,
        depth=4,
        num_heads=2,
        num_classes=0,
        use_rel_pos=True,
        window_size=3,
        global_attn_indexes=(1, 3),
        neck_chans=16,
    )
    return encoder, _image(128)


def _torchvision(name: str, side: int, **options: Any) -> tuple[Any, Any]:
    import torchvision

    return getattr(torchvision.models, name)(weights=None, **options), _image(side)


def _peft() -> tuple[Any, Any]:
    from peft import LoraConfig, get_peft_model

    model, inputs = _vit_of_hugging_face("ViT")
    return get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj", "v_proj"])), inputs


def _diffusers() -> tuple[Any, Any]:
    from diffusers import AutoencoderKL

    model = AutoencoderKL(block_out_channels=(8,), layers_per_block=1, norm_num_groups=4)
    return model, _image(32)


def _fast_sam() -> tuple[Any, Any]:
    from ultralytics.nn.tasks import SegmentationModel

    return SegmentationModel("yolov8n-seg.yaml", verbose=False), _image(64)


def _transformer_encoder() -> tuple[Any, Any]:
    import torch

    layer = torch.nn.TransformerEncoderLayer(32, 2, 64, batch_first=True)
    return torch.nn.TransformerEncoder(layer, 2), torch.randn(1, 16, 32)


def _int8() -> tuple[Any, Any]:
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.ReLU(), torch.nn.Linear(32, 8))
    quantize: Any = torch.ao.quantization.quantize_dynamic
    return quantize(model.eval(), {torch.nn.Linear}), torch.randn(1, 16)


def _compiled() -> tuple[Any, Any]:
    import torch

    encoder, inputs = _sam_hq_tiny_vit()
    return torch.compile(encoder, backend="eager"), inputs


ENTRIES = (
    Entry("segment_anything, encoder", "segment-anything", _segment_anything),
    Entry("SAM-HQ's TinyViT (MobileSAM)", "segment-anything-hq", _sam_hq_tiny_vit),
    Entry("the same, compiled", "segment-anything-hq", _compiled),
    Entry("SamModel", "transformers", lambda: sam_of_hugging_face("Sam")),
    Entry("SamHQModel", "transformers", lambda: sam_of_hugging_face("SamHQ")),
    Entry("Sam2Model", "transformers", sam_2_of_hugging_face),
    Entry("Sam3VisionModel", "transformers", _sam_3_vision),
    Entry("ViTModel", "transformers", lambda: _vit_of_hugging_face("ViT")),
    Entry("Dinov2Model", "transformers", lambda: _vit_of_hugging_face("Dinov2")),
    Entry("ViTModel with LoRA", "peft", _peft),
    Entry("samvit", "timm", _samvit),
    Entry("vit_tiny_patch16_224", "timm", lambda: _timm("vit_tiny_patch16_224", 224, depth=2)),
    Entry("tiny_vit_5m_224", "timm", _tiny_vit),
    Entry("repvit_m0_9", "timm", lambda: _timm("repvit_m0_9", 64)),
    Entry("efficientvit_b0", "timm", lambda: _timm("efficientvit_b0", 64)),
    Entry("swin_tiny", "timm", lambda: _timm("swin_tiny_patch4_window7_224", 224)),
    Entry("resnet18", "torchvision", lambda: _torchvision("resnet18", 64)),
    Entry("vit_b_16", "torchvision", lambda: _torchvision("vit_b_16", 32, image_size=32)),
    Entry("FastSAM's yolov8n-seg", "ultralytics", _fast_sam),
    Entry("AutoencoderKL", "diffusers", _diffusers),
    Entry("nn.TransformerEncoder, fast path", "torch", _transformer_encoder),
    Entry("int8 by quantize_dynamic", "torch", _int8),
)
