"""`build_sam` and `place`: models by name, checkpoints, devices and dtypes, and their errors."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from torch import nn

from samprof.errors import ModelError
from samprof.sam.catalogue import MODELS
from samprof.sam.model.build import build_sam, place, resolve_device

BIAS = "image_encoder.patch_embed.proj.bias"


def one_line(caught: pytest.ExceptionInfo[ModelError]) -> str:
    message = str(caught.value)
    assert "\n" not in message
    return message


def saved(state: object, folder: Path) -> Path:
    path = folder / "weights.pth"
    torch.save(state, path)
    return path


def test_the_small_model_has_the_proportions_of_the_big_ones(small: Any) -> None:
    encoder = small.image_encoder
    assert encoder.img_size == 512
    assert [block.window_size for block in encoder.blocks] == [7, 7, 0, 7, 7, 0]
    assert encoder.patch_embed.proj.out_channels == 96
    assert not small.training
    parameters = list(small.parameters())
    assert {parameter.dtype for parameter in parameters} == {torch.float32}
    assert {parameter.device.type for parameter in parameters} == {"cpu"}


def test_a_model_by_name_is_the_one_of_segment_anything(unbuilt: None) -> None:
    built = build_sam("vit_b")
    assert len(built.image_encoder.blocks) == 12
    assert built.image_encoder.patch_embed.proj.out_channels == 768
    assert not built.training


def test_the_random_weights_are_the_same_every_time(small: nn.Module) -> None:
    again = build_sam("small").state_dict()
    for name, tensor in small.state_dict().items():
        assert torch.equal(tensor, again[name]), name


def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(ModelError) as caught:
        build_sam("vit_x")
    assert one_line(caught) == (
        "model: vit_x: unknown model; use one of vit_b, vit_l, vit_h, small"
    )


def test_weights_come_back_from_a_checkpoint(small: nn.Module, tmp_path: Path) -> None:
    state = {
        name: torch.full_like(tensor, number) if tensor.is_floating_point() else tensor
        for number, (name, tensor) in enumerate(small.state_dict().items())
    }
    loaded = build_sam("small", saved(state, tmp_path)).state_dict()
    assert list(loaded) == list(state)
    for name, tensor in state.items():
        assert torch.equal(loaded[name], tensor), name


def test_a_path_may_be_text(small: nn.Module, tmp_path: Path) -> None:
    assert build_sam("small", str(saved(small.state_dict(), tmp_path)))


@pytest.mark.parametrize(("width", "other"), [(768, "vit_b"), (1024, "vit_l"), (1280, "vit_h")])
def test_a_checkpoint_of_another_model_names_it(width: int, other: str, tmp_path: Path) -> None:
    path = saved({BIAS: torch.zeros(width)}, tmp_path)
    with pytest.raises(ModelError) as caught:
        build_sam("small", path)
    assert one_line(caught) == (
        f"checkpoint: {path}: its weights are not those of small; use --model {other}"
    )


@pytest.mark.filterwarnings("ignore:for .* copying from a non-meta parameter")
def test_a_checkpoint_of_the_small_model_names_it(
    small: nn.Module, unbuilt: None, tmp_path: Path
) -> None:
    path = saved(small.state_dict(), tmp_path)
    with pytest.raises(ModelError, match="not those of vit_b; use --model small"):
        build_sam("vit_b", path)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"other": torch.zeros(3)},
        {BIAS: torch.zeros(5)},
        {BIAS: torch.tensor(1.0)},
        {BIAS: "text"},
        {BIAS: None},
        {BIAS: torch.zeros(96)},
        {"model": {BIAS: torch.zeros(768)}},
    ],
    ids=["empty", "other", "width", "scalar", "text", "none", "partial", "wrapped"],
)
def test_a_state_dict_of_nothing_known_is_a_one_line_error(
    state: dict[Any, Any], tmp_path: Path
) -> None:
    path = saved(state, tmp_path)
    with pytest.raises(ModelError) as caught:
        build_sam("small", path)
    message = one_line(caught)
    assert message.startswith(f"checkpoint: {path}: its weights are not those of small; ")
    # What is right already is no remedy.
    assert not message.endswith("use --model small")


@pytest.mark.parametrize(
    "state",
    [[1, 2], torch.zeros(3), None, {7: torch.zeros(3)}],
    ids=["list", "tensor", "none", "numbers"],
)
def test_a_file_without_a_state_dict_is_a_one_line_error(state: object, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"it holds no state dict; give SAM's \.pth file"):
        build_sam("small", saved(state, tmp_path))


def test_a_whole_model_is_not_unpickled(tmp_path: Path) -> None:
    path = saved(nn.Linear(1, 1), tmp_path)
    with pytest.raises(ModelError, match="not a PyTorch checkpoint") as caught:
        build_sam("small", path)
    one_line(caught)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        build_sam("small", tmp_path / "none.pth")
    assert one_line(caught) == (
        f"checkpoint: {tmp_path / 'none.pth'}: no such file; check the path"
    )


def test_a_folder_is_a_one_line_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^checkpoint: "):
        build_sam("small", tmp_path)


def test_a_truncated_checkpoint_is_a_one_line_error(small: nn.Module, tmp_path: Path) -> None:
    path = saved(small.state_dict(), tmp_path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ModelError, match="not a PyTorch checkpoint") as caught:
        build_sam("small", path)
    one_line(caught)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=40))
@example(content=b"")
@example(content=b"<!DOCTYPE html><html>404</html>")
@example(content=b"PK\x03\x04")
@example(content=b"\x80\x02.")
@example(content=b"\x80\x02}q\x00.")
@example(content=b"cos\nsystem\n(S'true'\ntR.")
@example(content="größe\n".encode("latin-1"))
@example(content=b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n")
def test_any_other_file_is_a_one_line_error(content: bytes, tmp_path: Path, unbuilt: None) -> None:
    path = tmp_path / "file.pth"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"^checkpoint: .*; ") as caught:
        build_sam("small", path)
    one_line(caught)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_a_model_is_placed_in_its_dtype(dtype: str) -> None:
    placed = place(nn.Linear(2, 2), "cpu", dtype)
    assert next(placed.parameters()).dtype is getattr(torch, dtype)


def test_an_unknown_dtype_names_the_known_ones() -> None:
    with pytest.raises(ModelError) as caught:
        place(nn.Linear(2, 2), "cpu", "int8")
    assert one_line(caught) == ("model: int8: unknown dtype; use one of float32, bfloat16, float16")


@pytest.mark.parametrize("device", ["gpu", "", "cuda:99", "cpu:x", "cuda:-1", "hpu", "cpu cpu"])
def test_a_device_that_is_not_there_is_a_one_line_error(device: str) -> None:
    with pytest.raises(ModelError) as caught:
        resolve_device(device)
    message = one_line(caught)
    assert message.startswith(f"device: {device}: no such device here (")
    assert message.endswith("; use --device cpu or auto")


def test_auto_is_the_accelerator_if_there_is_one() -> None:
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert resolve_device("auto").type == expected
    assert resolve_device("cpu") == torch.device("cpu")


def test_every_model_that_is_named_can_be_built(unbuilt: None) -> None:
    widths = {name: build_sam(name).image_encoder.patch_embed.proj.out_channels for name in MODELS}
    assert widths == {"vit_b": 768, "vit_l": 1024, "vit_h": 1280, "small": 96}
