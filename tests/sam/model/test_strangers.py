"""Models that nobody adapted: what is certain by structure has its role, the rest its own rows."""

from typing import Any

import pytest
import torch
from torch import nn

import samprof
from samprof.record.ranges.labels import Function, ModelLabels
from samprof.sam.model.recognise import is_block, scope_of
from samprof.sam.model.roles import describe
from tests.support.strangers import TOKENS, AnySam, Block, Predictor, RepViT, ViT, ViTLayer


@torch.inference_mode()
def recorded(model: Any, run: Any = None, **options: Any) -> samprof.Recording:
    with samprof.profile(model, **options) as recording:
        (run or model)(TOKENS)
    return recording


@pytest.mark.parametrize("block", [Block, ViTLayer])
def test_transformer_blocks_are_known_by_their_parts(block: type[nn.Module]) -> None:
    assert is_block(block())
    roles = describe(ViT(block)).roles
    path = "encoder.0.0.1"
    attention = "attn" if block is Block else "attention"
    assert roles[path] == "block"  # nothing is said of windows
    assert roles[f"{path}.{attention}"] == "attention"
    assert roles[f"{path}.{attention}.{'qkv' if block is Block else 'k_proj'}"] == "qkv"
    assert roles[f"{path}.mlp"] == "MLP"
    assert "encoder.0" not in {name for name, role in roles.items() if role}


def test_something_like_a_block_is_not_guessed() -> None:
    block = Block()
    del block.norm2
    assert not is_block(block)
    assert not is_block(nn.TransformerEncoderLayer(8, 2))


def test_the_scope_of_a_block_is_said_where_it_is_certain() -> None:
    assert scope_of(Block(window_size=7), inside_encoder=False) == "window "
    assert scope_of(Block(window_size=0), inside_encoder=False) == "global "
    assert scope_of(Block(), inside_encoder=True) == "global "
    assert scope_of(Block(), inside_encoder=False) == ""


def test_blocks_have_rows_however_deep_they_lie() -> None:
    paths = recorded(ViT()).layers()["path"].tolist()
    assert "ViT.encoder.0.0.1.attention" in paths
    assert "ViT.encoder.0.0.1.attention.q_proj" not in paths
    encoder = RepViT()
    assert set(describe(encoder).roles.values()) == {""}
    paths = recorded(encoder).layers()["path"].tolist()
    assert "RepViT.features.2.1.token_mixer" in paths
    assert "RepViT.features.2.1.token_mixer.0" not in paths
    assert "RepViT.neck" in paths


def test_a_shallow_stranger_has_no_labels() -> None:
    assert describe(nn.Sequential(nn.Linear(1, 1), nn.ReLU())).roles == {}


def test_a_whole_sam_of_any_class_is_known_by_its_parts() -> None:
    roles = describe(AnySam()).roles
    assert roles[""] == "SAM"
    assert roles["image_encoder.features.1.0"] == "image encoder"
    assert roles["mask_decoder.hf_mlp"] == "mask head"
    assert roles["mask_decoder.compress_vit_feat"] == "HQ features"
    layers = recorded(AnySam()).layers()["path"].tolist()
    assert "sam.image_encoder.features.1.0.token_mixer" in layers
    assert "sam.preprocess()" in layers
    blocks = describe(AnySam(nn.Sequential(Block(), Block()))).roles
    assert blocks["image_encoder.1.attn"] == "global attention"


def test_what_is_not_known_has_its_own_row_among_the_components() -> None:
    table = recorded(AnySam()).components().set_index("component")
    assert list(table.index) == [
        "preprocessing",
        "image encoder",
        "prompt encoder",
        "mask decoder",
        "sam.tracker",
        "other host work",
    ]
    assert table.loc["sam.tracker", "calls"] == 1


def test_the_components_of_a_stranger_are_its_outer_levels() -> None:
    assert recorded(ViT()).components()["component"].tolist() == [
        "ViT",
        "ViT.embeddings",
        "ViT.encoder",
        "other host work",
    ]


def test_a_wrapped_model_is_described_as_if_it_stood_alone() -> None:
    model = AnySam()
    plain, compiled = describe(model), describe(torch.compile(model))  # type: ignore[arg-type]
    assert compiled.name == plain.name == "sam"
    assert compiled.roles[""] == "SAM"
    assert compiled.roles["_orig_mod.mask_decoder.hf_mlp"] == "mask head"
    assert {f"_orig_mod.{path}".strip(".") for path in plain.blocks} == compiled.blocks
    assert describe(nn.DataParallel(nn.Linear(1, 1))).name == "Linear"


def test_a_compiled_encoder_is_the_image_encoder() -> None:
    encoder = nn.Sequential(Block(window_size=2), Block(window_size=0))
    model = AnySam(torch.compile(encoder, backend="eager"))  # type: ignore[arg-type]
    table = recorded(model).components().set_index("component")
    assert table.loc["image encoder", "calls"] == 1


def test_eager_and_compiled_are_compared_by_their_roots() -> None:
    model = AnySam()
    compiled: Any = torch.compile(model, backend="eager")
    table = samprof.compare(recorded(model), recorded(compiled)).set_index("path")
    row = table.loc["sam"]
    assert row["a_ns"] > 0
    assert row["b_ns"] > 0
    scripted = torch.jit.script(nn.Sequential(nn.Linear(1, 1)))
    assert describe(scripted).name == "Sequential"


def test_the_model_of_a_predictor_is_recorded() -> None:
    model = AnySam()

    class Generator:
        predictor = Predictor(model)

    for user in (Predictor(model), Generator()):
        layers = recorded(user, model).layers()
        assert layers["path"].iloc[0] == "sam"
    with pytest.raises(samprof.SamprofError, match="give the model itself"):
        samprof.profile(object())


def test_labels_of_the_user_take_the_place_of_what_is_known() -> None:
    model = nn.Sequential(nn.Linear(8, 8), nn.Upsample(scale_factor=2))
    labels = ModelLabels(
        name="mine",
        roles={"0": "first"},
        blocks=frozenset({"0"}),
        functions=(Function("torch.nn.functional", "interpolate", "growing", "block"),),
        components={"first": "start", "growing": "end"},
    )
    recording = recorded(model, labels=labels)
    assert recording.layers()["path"].tolist()[:3] == ["mine", "mine.0", "mine.1"]
    assert recording.components()["component"].tolist() == ["start", "end", "other host work"]
    run = samprof.sweep(model, TOKENS, [1, 2], rounds=1, repeats=1, warmup=0, labels=labels)
    assert "first" in set(run.roles()["path"])
