"""Models of other people at their smallest, from configurations, with random weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench import model_copies as copies
from bench import model_hugging_face as hugging_face
from bench import model_videos as videos
from bench.model_hugging_face import image


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


def _segment_anything() -> tuple[Any, Any]:
    from samprof.sam.model.build import build_sam

    encoder = build_sam("small").image_encoder
    return encoder, image(encoder.img_size)


def _sam_hq_tiny_vit() -> tuple[Any, Any]:
    from segment_anything_hq.modeling import TinyViT

    return TinyViT(**copies.tiny_vit()), image(1024)  # its forward is written for this side


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
    return getattr(transformers, f"{kind}Model")(config), image(64)


def _timm(name: str, side: int, **options: Any) -> tuple[Any, Any]:
    import timm

    return timm.create_model(name, pretrained=False, **options), image(side)


def _tiny_vit() -> tuple[Any, Any]:
    from timm.models.tiny_vit import tiny_vit_5m_224  # SAM-HQ registers another under this name

    return tiny_vit_5m_224(), image(224)


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
    return encoder, image(128)


def _torchvision(name: str, side: int, **options: Any) -> tuple[Any, Any]:
    import torchvision

    return getattr(torchvision.models, name)(weights=None, **options), image(side)


def _peft() -> tuple[Any, Any]:
    from peft import LoraConfig, get_peft_model

    model, inputs = _vit_of_hugging_face("ViT")
    return get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj", "v_proj"])), inputs


def _diffusers() -> tuple[Any, Any]:
    from diffusers import AutoencoderKL

    model = AutoencoderKL(block_out_channels=(8,), layers_per_block=1, norm_num_groups=4)
    return model, image(32)


def _fast_sam() -> tuple[Any, Any]:
    from ultralytics.nn.tasks import SegmentationModel

    return SegmentationModel("yolov8n-seg.yaml", verbose=False), image(64)


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
    Entry("MobileSAM", "mobile_sam", copies.mobile_sam),
    Entry("EfficientSAM", "efficient_sam", copies.efficient_sam),
    Entry("EfficientViT-SAM", "efficientvit", copies.efficient_vit_sam),
    Entry("SamModel", "transformers", lambda: hugging_face.sam("Sam")),
    Entry("SamHQModel", "transformers", lambda: hugging_face.sam("SamHQ")),
    Entry("Sam2Model", "transformers", hugging_face.sam_2),
    Entry("Sam2VideoModel", "transformers", videos.sam_2_video),
    Entry("Sam3VisionModel", "transformers", hugging_face.sam_3_vision),
    Entry("Sam3Model", "transformers", hugging_face.sam_3),
    Entry("Sam3TrackerModel", "transformers", hugging_face.sam_3_tracker),
    Entry("Sam3TrackerVideoModel", "transformers", videos.sam_3_tracker_video),
    Entry("Sam3VideoModel", "transformers", videos.sam_3_video),
    Entry("EdgeTamModel", "transformers", hugging_face.edge_tam),
    Entry("EdgeTamVideoModel", "transformers", videos.edge_tam_video),
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
