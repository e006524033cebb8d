"""Other SAMs as their users have them: Hugging Face's, SAM 2, copies with changes; nothing adapted."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import segment_anything
import torch
from torch import nn

import samprof
from samprof.sam.model.build import build_sam
from samprof.sam.model.roles import describe

BLOCK = ("layer_norm1", "attn", "layer_norm2", "mlp")


@pytest.fixture(scope="module")
def hugging_face() -> nn.Module:
    """`SamModel` with four blocks, 256 pixels a side, random weights."""
    from transformers import (
        SamConfig,
        SamMaskDecoderConfig,
        SamModel,
        SamPromptEncoderConfig,
        SamVisionConfig,
    )

    small = {"hidden_size": 32, "image_size": 256, "patch_size": 16}
    vision = SamVisionConfig(
        num_hidden_layers=4,
        num_attention_heads=2,
        output_channels=32,
        window_size=7,
        global_attn_indexes=[1, 3],
        mlp_ratio=2.0,
        num_pos_feats=16,
        **small,
    )
    decoder = SamMaskDecoderConfig(
        hidden_size=32, mlp_dim=64, num_attention_heads=2, iou_head_hidden_dim=32
    )
    prompts = SamPromptEncoderConfig(mask_input_channels=8, **small)
    config = SamConfig(
        vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder
    )
    model: nn.Module = SamModel(config).eval()
    return model


@pytest.fixture(scope="module")
def sam2() -> nn.Module:
    """Hugging Face's `Sam2Model` with five blocks, 128 pixels a side, random weights."""
    from transformers import (
        Sam2Config,
        Sam2HieraDetConfig,
        Sam2MaskDecoderConfig,
        Sam2Model,
        Sam2PromptEncoderConfig,
        Sam2VisionConfig,
    )

    trunk = Sam2HieraDetConfig(
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
    vision = Sam2VisionConfig(
        backbone_config=trunk,
        backbone_channel_list=[128, 64, 32, 16],
        backbone_feature_sizes=[[32, 32], [16, 16], [8, 8]],
        fpn_hidden_size=32,
    )
    decoder = Sam2MaskDecoderConfig(
        hidden_size=32, mlp_dim=64, num_attention_heads=2, iou_head_hidden_dim=32
    )
    prompts = Sam2PromptEncoderConfig(hidden_size=32, image_size=128)
    config = Sam2Config(
        vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder
    )
    model: nn.Module = Sam2Model(config).eval()
    return model


def points(side: int) -> dict[str, torch.Tensor]:
    return {
        "input_points": torch.full((1, 1, 2, 2), side / 2),
        "input_labels": torch.ones(1, 1, 2, dtype=torch.int),
    }


def test_hugging_face_sam_shows_roles_components_and_functions(hugging_face: nn.Module) -> None:
    with torch.inference_mode(), samprof.profile(hugging_face, granularity="op") as recording:
        hugging_face(pixel_values=torch.randn(1, 3, 256, 256), **points(256))
    layers = recording.layers().set_index("path")
    roles, calls = layers["role"], layers["calls"]
    for number, scope in enumerate(["window", "global", "window", "global"]):
        block = f"sam.vision_encoder.layers.{number}"
        parts = ["norm", f"{scope} attention", "norm", "MLP"]
        assert [roles[f"{block}.{name}"] for name in BLOCK] == parts
        assert roles[block] == f"{scope} block"
        assert roles[f"{block}.attn.get_decomposed_rel_pos()"] == "relative position"
        assert calls.get(f"{block}.window_partition()", 0) == (scope == "window")
        assert calls.get(f"{block}.window_unpartition()", 0) == (scope == "window")
    assert roles["sam.mask_decoder.transformer.layers.0.self_attn"] == "decoder attention"
    assert roles["sam.mask_decoder.upscale_conv1"] == "decoder upscaling"
    components = recording.components()["component"].tolist()
    assert components[:3] == ["image encoder", "prompt encoder", "mask decoder"]
    assert recording.trace.check().ok
    # 16 x 16 tokens in windows of 7 are padded to 21 x 21: 441 / 256 = 1.72
    assert any("21 x 21: 72% more" in note for note in recording.trace.check().notes)


@pytest.mark.parametrize("family", ["hugging_face", "sam2"])
def test_what_hugging_face_processors_do_are_components(
    family: str, request: pytest.FixtureRequest
) -> None:
    import transformers

    model = request.getfixturevalue(family)
    photo = torch.arange(90 * 120 * 3, dtype=torch.uint8).reshape(3, 90, 120)
    if family == "sam2":
        size = {"size": {"height": 128, "width": 128}, "mask_size": {"height": 32, "width": 32}}
        processor = transformers.Sam2Processor(transformers.Sam2ImageProcessor(**size))
    else:
        size = {"size": {"longest_edge": 256}, "pad_size": {"height": 256, "width": 256}}
        processor = transformers.SamProcessor(transformers.SamImageProcessor(**size))
    with samprof.profile(model, name="sam") as recording, torch.inference_mode():
        inputs = processor(photo, input_points=[[[[60, 45]]]], return_tensors="pt")
        sizes = inputs.pop("original_sizes"), inputs.pop("reshaped_input_sizes", None)
        predicted = model(**inputs)
        processor.post_process_masks(
            predicted.pred_masks, *(one for one in sizes if one is not None)
        )
    components = recording.trace.components().set_index("component")
    parts = ["preprocessing", "image encoder", "prompt encoder", "mask decoder", "mask upsampling"]
    assert (components.loc[parts, "host_ns"] > 0).all()
    assert set(components.index) == {*parts, "other host work"}


def test_hugging_face_encoder_is_swept_like_any_other(hugging_face: nn.Module) -> None:
    run = samprof.sweep(
        hugging_face.get_submodule("vision_encoder"),
        torch.randn(1, 3, 256, 256),
        [1, 2],
        rounds=1,
        repeats=1,
        warmup=0,
    )
    roles = set(run.roles()["path"])
    assert {"window attention", "global attention", "MLP", "neck"} <= roles
    assert run.scaling()["path"].iloc[0] == "vision_encoder"


def test_sam_2_shows_its_stages_and_pooling(sam2: nn.Module) -> None:
    with torch.inference_mode(), samprof.profile(sam2, granularity="op") as recording:
        sam2(pixel_values=torch.randn(1, 3, 128, 128), **points(128))
    roles = recording.layers().set_index("path")["role"]
    trunk = "sam2.vision_encoder.backbone"
    scopes = [roles[f"{trunk}.blocks.{number}.attn"] for number in range(5)]
    assert scopes == ["window attention"] * 3 + ["global attention", "window attention"]
    assert roles[f"{trunk}.blocks.1.attn.do_pool()"] == "query pooling"
    assert roles[f"{trunk}.patch_embed"] == "patch embedding"
    assert roles["sam2.vision_encoder.neck"] == "neck"
    assert roles["sam2.mask_decoder.pred_obj_score_head"] == "mask head"
    inside = [path for path in roles.index if path.startswith(f"{trunk}.blocks.0.attn.")]
    assert f"{trunk}.blocks.0.attn.scaled_dot_product_attention()" in inside
    assert f"{trunk}.blocks.0.attn.transpose()" not in inside  # of its heads


def test_sam_2_of_its_own_package_is_known() -> None:
    hieradet = pytest.importorskip("sam2.modeling.backbones.hieradet")
    from sam2.modeling.backbones.image_encoder import FpnNeck, ImageEncoder
    from sam2.modeling.position_encoding import PositionEmbeddingSine

    trunk = hieradet.Hiera(
        embed_dim=16,
        num_heads=1,
        stages=(1, 1, 2, 1),
        global_att_blocks=(3,),
        window_pos_embed_bkg_spatial_size=(7, 7),
        window_spec=(8, 4, 4, 4),
    )
    encoder = ImageEncoder(trunk, FpnNeck(PositionEmbeddingSine(32), 32, trunk.channel_list))
    known = describe(encoder)
    assert known.name == "image_encoder"
    assert known.roles["trunk.blocks.3.attn"] == "global attention"
    assert known.roles["trunk.patch_embed"] == "patch embedding"
    assert {f.name for f in known.functions} == {
        "window_partition",
        "window_unpartition",
        "do_pool",
    }


@pytest.fixture
def fast() -> Iterator[ModuleType]:
    """segment_anything's encoder file in a package of another name, as segment-anything-fast has it."""
    name = "segment_anything_fast.modeling.image_encoder"
    source = Path(segment_anything.__file__).parent / "modeling" / "image_encoder.py"
    module = ModuleType(name)
    text = source.read_text().replace("from .common", "from segment_anything.modeling.common")
    sys.modules[name] = module
    exec(compile(text, str(source), "exec"), vars(module))
    yield module
    del sys.modules[name]


def test_a_copy_of_the_encoder_has_its_functions_where_it_calls_them(fast: Any) -> None:
    encoder = fast.ImageEncoderViT(
        img_size=64,
        patch_size=16,
        embed_dim=16,
        depth=2,
        num_heads=2,
        out_chans=8,
        use_rel_pos=True,
        window_size=2,
        global_attn_indexes=(1,),
    )
    with torch.inference_mode(), samprof.profile(encoder, granularity="op") as recording:
        encoder(torch.randn(1, 3, 64, 64))
    roles = recording.layers().set_index("path")["role"]
    assert roles["image_encoder.blocks.0.window_partition()"] == "window partition"
    assert roles["image_encoder.blocks.1.attn.add_decomposed_rel_pos()"] == "relative position"


class TinyViT(nn.Module):
    """Stands where MobileSAM's encoder does: no class of segment_anything's."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :1]


def test_whatever_stands_in_sam_as_its_encoder_is_the_image_encoder() -> None:
    model = build_sam("small")
    model.image_encoder = TinyViT()  # type: ignore[assignment]
    roles = describe(model).roles
    assert roles["image_encoder"] == "image encoder"
    assert roles["mask_decoder"] == "mask decoder"


def test_a_stranger_with_attention_stays_unknown() -> None:
    assert not describe(nn.TransformerEncoderLayer(8, 2)).roles
