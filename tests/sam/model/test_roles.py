"""`describe`: the role of every part of SAM, known by structure."""

from typing import Any

import pytest
import torch
from segment_anything.modeling.image_encoder import Block, ImageEncoderViT
from torch import nn

from samprof.record.ranges.labels import Function, ModelLabels
from samprof.sam.model.build import build_sam
from samprof.sam.model.roles import describe

BLOCK_PARTS = ["", ".norm1", ".attn", ".attn.qkv", ".attn.proj", ".norm2", ".mlp"]


def block_roles(path: str, scope: str) -> dict[str, str]:
    return {
        path: f"{scope} block",
        f"{path}.norm1": "norm",
        f"{path}.attn": f"{scope} attention",
        f"{path}.attn.qkv": "qkv",
        f"{path}.attn.proj": "projection",
        f"{path}.norm2": "norm",
        f"{path}.mlp": "MLP",
        f"{path}.mlp.lin1": "MLP",
        f"{path}.mlp.lin2": "MLP",
        f"{path}.mlp.act": "MLP",
    }


def below(roles: dict[str, str], prefix: str) -> dict[str, str]:
    return {path: role for path, role in roles.items() if path.startswith(prefix)}


def test_the_components_of_sam_have_their_roles(small: nn.Module) -> None:
    roles = dict(describe(small).roles)
    assert {path: role for path, role in roles.items() if "." not in path} == {
        "": "SAM",
        "image_encoder": "image encoder",
        "prompt_encoder": "prompt encoder",
        "mask_decoder": "mask decoder",
    }
    # Every part has one: its own, or that of what is around it.
    assert set(roles) == {path for path, _ in small.named_modules()}


def test_blocks_are_window_or_global_by_their_window_size(small: Any) -> None:
    roles = dict(describe(small).roles)
    for number in range(6):
        scope = "global" if number in (2, 5) else "window"
        path = f"image_encoder.blocks.{number}"
        assert small.get_submodule(path).window_size == (0 if scope == "global" else 7)
        assert below(roles, path) == block_roles(path, scope)


def test_the_ends_of_the_encoder_have_their_roles(small: nn.Module) -> None:
    roles = dict(describe(small).roles)
    embedding = below(roles, "image_encoder.patch_embed")
    assert embedding == dict.fromkeys(
        ["image_encoder.patch_embed", "image_encoder.patch_embed.proj"], "patch embedding"
    )
    neck = below(roles, "image_encoder.neck")
    assert neck == {"image_encoder.neck": "neck"} | {
        f"image_encoder.neck.{number}": "neck" for number in range(4)
    }
    assert roles["image_encoder.blocks"] == "image encoder"


def test_the_parts_of_the_decoder_have_their_roles(small: nn.Module) -> None:
    roles = dict(describe(small).roles)
    transformer = "mask_decoder.transformer"
    assert roles[transformer] == roles[f"{transformer}.layers.0"] == "decoder transformer"
    attentions = ["self_attn", "cross_attn_token_to_image", "cross_attn_image_to_token"]
    paths = [f"{transformer}.layers.{number}.{name}" for number in (0, 1) for name in attentions]
    for path in [*paths, f"{transformer}.final_attn_token_to_image"]:
        assert below(roles, path) == dict.fromkeys(
            [path, *(f"{path}.{part}_proj" for part in ("q", "k", "v", "out"))],
            "decoder attention",
        )
    assert roles[f"{transformer}.layers.1.mlp"] == "decoder MLP"
    assert roles[f"{transformer}.norm_final_attn"] == "decoder transformer"
    assert set(below(roles, "mask_decoder.output_upscaling").values()) == {"decoder upscaling"}
    heads = below(roles, "mask_decoder.output_hypernetworks_mlps")
    assert set(heads.values()) == {"mask head"}
    assert "mask_decoder.output_hypernetworks_mlps.3.layers.2" in heads
    assert roles["mask_decoder.iou_prediction_head"] == "mask head"
    assert roles["mask_decoder.iou_token"] == "mask decoder"


def test_vit_b_has_global_attention_in_every_third_block(unbuilt: None) -> None:
    labels = describe(build_sam("vit_b").image_encoder)
    scopes = [labels.roles[f"blocks.{number}.attn"] for number in range(12)]
    expected = (["window attention"] * 2 + ["global attention"]) * 4
    assert scopes == expected


@pytest.mark.parametrize(
    ("part", "name", "role"),
    [
        ("", "sam", "SAM"),
        ("image_encoder", "image_encoder", "image encoder"),
        ("prompt_encoder", "prompt_encoder", "prompt encoder"),
        ("mask_decoder", "mask_decoder", "mask decoder"),
    ],
)
def test_a_component_on_its_own_is_called_what_it_is(
    part: str, name: str, role: str, small: nn.Module
) -> None:
    module = small.get_submodule(part)
    labels = describe(module)
    assert labels.name == name
    assert labels.roles[""] == role
    whole = describe(small).roles
    assert dict(labels.roles) == {
        path: whole[f"{part}.{path}".strip(".")] for path, _ in module.named_modules()
    }


def test_sam_inside_another_module_is_known_and_the_other_is_not(small: nn.Module) -> None:
    around = nn.ModuleDict({"model": small, "head": nn.Linear(2, 2)})
    labels = describe(around)
    assert labels.name is None
    assert "" not in labels.roles
    assert "head" not in labels.roles
    assert labels.roles["model.image_encoder.blocks.2.attn"] == "global attention"
    assert labels.roles["model.mask_decoder"] == "mask decoder"


def test_nothing_is_known_of_other_modules() -> None:
    assert describe(nn.Sequential(nn.Linear(1, 1))) == ModelLabels()


def test_block_means_components_blocks_and_their_parts(small: nn.Module) -> None:
    encoder = describe(small.get_submodule("image_encoder"))
    expected = {"", "patch_embed", "neck"} | {
        f"blocks.{number}{part}"
        for number in range(6)
        for part in BLOCK_PARTS
        if part not in (".attn.qkv", ".attn.proj")
    }
    assert encoder.blocks == expected


def test_functions_are_those_of_the_file_of_the_encoder(small: nn.Module) -> None:
    module = "segment_anything.modeling.image_encoder"
    assert describe(small.get_submodule("image_encoder")).functions == (
        Function(module, "window_partition", "window partition"),
        Function(module, "window_unpartition", "window partition"),
        Function(module, "add_decomposed_rel_pos", "relative position"),
    )
    assert describe(small.get_submodule("mask_decoder")).functions == ()


def test_a_copy_of_the_encoder_in_another_project_is_known_as_well() -> None:
    copied = type("ImageEncoderViT", (ImageEncoderViT,), {"__module__": "other.encoder"})
    encoder = copied(img_size=32, embed_dim=8, depth=1, num_heads=1, window_size=0, out_chans=8)
    labels = describe(encoder)
    assert labels.name == "image_encoder"
    assert labels.roles["blocks.0"] == "global block"
    assert {function.module for function in labels.functions} == {Block.__module__}


def test_an_encoder_without_some_of_its_parts_keeps_the_roles_of_the_others() -> None:
    encoder = ImageEncoderViT(img_size=32, embed_dim=8, depth=1, num_heads=1, out_chans=8)
    block = encoder.blocks[0]
    assert isinstance(block, Block)
    del block.mlp, encoder.neck
    block.attn = nn.Identity()
    roles = dict(describe(encoder).roles)
    assert roles["blocks.0.attn"] == "global attention"
    assert not [path for path in roles if "mlp" in path or "neck" in path or "qkv" in path]


def test_roles_do_not_depend_on_weights_or_device() -> None:
    arguments: dict[str, Any] = {"img_size": 32, "embed_dim": 8, "depth": 2, "num_heads": 1}
    with torch.device("meta"):
        unbuilt = ImageEncoderViT(**arguments, window_size=2, global_attn_indexes=(1,))
    built = ImageEncoderViT(**arguments, window_size=2, global_attn_indexes=(1,))
    assert describe(unbuilt) == describe(built)


def test_the_padding_of_the_windows_is_told(small: nn.Module, unbuilt: None) -> None:
    # 512 pixels are 32 x 32 tokens, five windows of 7 each way 35: 1225 / 1024 is 20% more.
    text = "windows of 7 pad 32 x 32 tokens to 35 x 35: 20% more tokens in window attention"
    assert describe(small).remarks == {"image_encoder": text}
    assert describe(small.get_submodule("image_encoder")).remarks == {"": text}
    vit_b = describe(build_sam("vit_b").image_encoder).remarks[""]
    assert vit_b.startswith("windows of 14 pad 64 x 64 tokens to 70 x 70: 20% more")
    fitting = ImageEncoderViT(img_size=64, embed_dim=8, depth=1, num_heads=1, window_size=2)
    assert describe(fitting).remarks == {}
