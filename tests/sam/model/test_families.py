"""Parts that only some of SAM's descendants have: of detectors, of video models, of EfficientSAM."""

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
import torch
from torch import nn

import samprof
from samprof.sam.model.recognise import is_block, prompt_and_mask_classes
from samprof.sam.model.roles import describe
from tests.support.families import DetrDecoderLayer, MaskDecoder, Sam2VideoModel
from tests.support.strangers import TOKENS, AnySam


@pytest.fixture(scope="module")
def video() -> samprof.Recording:
    model = Sam2VideoModel()
    with torch.inference_mode(), samprof.profile(model) as recording:
        model(TOKENS)
    return recording


def test_a_layer_of_a_detector_is_a_block_with_all_its_attentions() -> None:
    assert is_block(DetrDecoderLayer())
    roles = describe(nn.Sequential(DetrDecoderLayer(), DetrDecoderLayer())).roles
    for name in ("self_attn", "text_cross_attn", "vision_cross_attn"):
        assert roles[f"1.{name}"] == "attention"
        assert roles[f"1.{name}.q_proj"] == "qkv"
        assert roles[f"1.{name}_layer_norm"] == "norm"
    assert (roles["1"], roles["1.mlp"], roles["1.mlp_layer_norm"]) == ("block", "MLP", "norm")


def test_the_mask_decoder_of_efficient_sam_shows_its_attention_and_upscaling(
    video: samprof.Recording,
) -> None:
    roles = video.layers().set_index("path")["role"]
    decoder = "sam2.mask_decoder"
    assert roles[f"{decoder}.transformer.final_attn_token_to_image"] == "decoder attention"
    for item in range(2):  # the list around them is not called
        assert roles[f"{decoder}.final_output_upscaling_layers.{item}"] == "decoder upscaling"
    assert f"{decoder}.final_output_upscaling_layers" not in roles


def test_the_mask_decoder_of_sam_3_has_roles() -> None:
    names = ("pixel_decoder", "mask_embedder", "semantic_projection", "prompt_cross_attn")
    decoder = MaskDecoder()
    for name in names:
        setattr(decoder, name, nn.Linear(1, 1))
    roles = describe(decoder).roles
    parts = ["decoder upscaling", "mask head", "mask head", "decoder attention"]
    assert [roles[name] for name in names] == parts


def test_memory_is_part_of_its_components(video: samprof.Recording) -> None:
    table = video.components().set_index("component")
    assert list(table.index) == [
        "image encoder",
        "prompt encoder",
        "mask decoder",
        "memory attention",
        "memory encoder",
        "other host work",
    ]
    # One method around each: what it calls is inside. The pointers are made outside of it.
    calls = table["calls"]
    assert calls["memory attention"] == 1
    assert calls["memory encoder"] == 2
    assert calls["prompt encoder"] == 2  # the encoder and the positions
    assert video.trace.check().ok


@pytest.fixture
def elsewhere() -> Iterator[ModuleType]:
    """A package with a prompt encoder that gives positions in a method of its own."""
    module = ModuleType("another_sam")

    class PromptEncoder(nn.Linear):
        def get_dense_pe(self) -> torch.Tensor:
            return self.weight

    PromptEncoder.__module__ = module.__name__
    vars(module)["PromptEncoder"] = PromptEncoder
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def test_a_prompt_encoder_of_another_package_brings_its_functions(elsewhere: ModuleType) -> None:
    model = AnySam()
    model.prompt_encoder = elsewhere.PromptEncoder(8, 8)
    assert elsewhere.PromptEncoder in prompt_and_mask_classes(model)
    found = {(one.module, one.name): one.role for one in describe(model).functions}
    assert found["another_sam", "PromptEncoder.get_dense_pe"] == "prompt encoder"
    model.prompt_encoder = nn.Linear(8, 8)  # type: ignore[assignment]
    assert nn.Linear not in prompt_and_mask_classes(model)
