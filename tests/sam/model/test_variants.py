"""`apply`: what a variant does to the encoder, and how far its output is from eager."""

import copy
import shutil
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import samprof
from samprof.errors import ModelError
from samprof.record.compiled import inductor
from samprof.sam.model.variant_names import tolerance
from samprof.sam.model.variants import apply
from tests.sam.model.encoders import (
    FLOAT32,
    PAIRS,
    SINGLE,
    filled,
    images,
    needs_cuda,
    one_line,
    relative_error,
    shortened,
    tiny,
)
from tests.support.versions import needs_torch


@pytest.fixture(scope="module")
def encoder_and_output(small: Any) -> tuple[Any, Tensor]:
    encoder = shortened(filled(copy.deepcopy(small.image_encoder)))
    with torch.no_grad():
        return encoder, encoder(images(512))


@pytest.mark.parametrize("name", [*SINGLE, *PAIRS])
def test_a_variant_gives_what_eager_gives(
    name: str, encoder_and_output: tuple[Any, Tensor], no_grad: None
) -> None:
    encoder, expected = encoder_and_output
    changed = copy.deepcopy(encoder)
    apply(changed, name)
    strayed = relative_error(changed(images(512)), expected)
    assert strayed <= tolerance(name)
    if name in FLOAT32:
        # No TF32 on the CPU: what is left is the order of sums.
        assert strayed <= 1e-5
    else:
        assert strayed > 1e-5


@pytest.mark.parametrize("name", ["compile", *(f"{name}+compile" for name in SINGLE)])
def test_a_variant_is_compiled_whole(
    name: str, no_grad: None, fresh_dynamo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}
    compiler = torch.compile

    def traced(call: Any, **settings: Any) -> Any:
        given.update(settings)
        return compiler(call, **settings | {"backend": "eager", "fullgraph": True})

    monkeypatch.setattr(torch, "compile", traced)
    encoder = tiny()
    expected = encoder(images(64))
    apply(encoder, name)
    assert given == {"dynamic": False, "backend": inductor}
    assert relative_error(encoder(images(64)), expected) <= tolerance(name)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_the_output_has_the_dtype_of_the_input(dtype: torch.dtype, no_grad: None) -> None:
    encoder = tiny()
    apply(encoder, "bf16+channels-last")
    assert {parameter.dtype for parameter in encoder.parameters()} == {torch.bfloat16}
    assert encoder(images(64, dtype=dtype)).dtype is dtype


@pytest.mark.parametrize("name", ["bf16", "bf16+sdpa+channels-last"])
def test_the_rest_of_sam_stays_in_float32(small: nn.Module, name: str) -> None:
    sam: Any = copy.deepcopy(small)
    apply(shortened(sam.image_encoder), name)
    points = {"point_coords": torch.tensor([[[40.0, 50.0]]]), "point_labels": torch.tensor([[1]])}
    image = {"image": images(512)[0] * 50 + 120, "original_size": (256, 256)}
    (result,) = sam([{**image, **points}], multimask_output=True)
    assert result["masks"].shape == (1, 3, 256, 256)
    assert result["low_res_logits"].dtype is torch.float32
    assert result["low_res_logits"].isfinite().all()


def test_a_deep_copy_runs_its_own_weights(no_grad: None) -> None:
    encoder = tiny()
    apply(encoder, "bf16+sdpa")
    expected = encoder(images(64))
    copied = copy.deepcopy(encoder)
    for parameter in encoder.parameters():
        parameter.zero_()
    assert torch.equal(copied(images(64)), expected)


@pytest.mark.parametrize("name", FLOAT32)
def test_the_state_dict_stays(name: str) -> None:
    encoder = tiny()
    before = {key: tensor.clone() for key, tensor in encoder.state_dict().items()}
    apply(encoder, name)
    after = encoder.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[key], tensor) for key, tensor in before.items())


@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_other_dtypes_keep_the_keys(name: str) -> None:
    encoder = tiny()
    before = list(encoder.state_dict())
    apply(encoder, name)
    assert list(encoder.state_dict()) == before


def test_channels_last_is_for_images_and_convolutions(no_grad: None) -> None:
    encoder = tiny()
    seen: list[Tensor] = []
    encoder.patch_embed.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    apply(encoder, "channels-last")
    encoder(images(64, 2))
    last = torch.channels_last
    assert seen[0].is_contiguous(memory_format=last)
    assert not seen[0].is_contiguous()
    weights = [encoder.patch_embed.proj.weight, encoder.neck[0].weight, encoder.neck[2].weight]
    assert all(weight.is_contiguous(memory_format=last) for weight in weights)
    assert encoder.pos_embed.is_contiguous()


def test_eager_changes_nothing() -> None:
    encoder = tiny()
    before = dict(encoder.__dict__)
    apply(encoder, "eager")
    apply(encoder, "eager+eager")
    assert encoder.__dict__ == before
    apply(encoder, "sdpa")


@pytest.mark.parametrize("name", ["bf16+sdpa", "fp16", "eager"])
def test_a_second_variant_is_an_error(name: str) -> None:
    encoder = tiny()
    apply(encoder, "sdpa+bf16")
    with pytest.raises(ModelError) as caught:
        apply(encoder, name)
    assert one_line(caught) == (
        f"variant: {name}: already changed to bf16+sdpa; "
        "apply one variant, its parts joined by +, to a fresh encoder"
    )


@pytest.mark.parametrize("name", ["cudagraph", "channels-last+cudagraph+bf16+sdpa"])
def test_a_cuda_graph_needs_a_cuda_device(name: str) -> None:
    encoder = tiny()
    before = dict(encoder.__dict__)
    with pytest.raises(ModelError) as caught:
        apply(encoder, name)
    assert one_line(caught) == (
        "variant: cudagraph: needs a CUDA device; use --device cuda, or a variant without cudagraph"
    )
    assert encoder.__dict__ == before
    assert encoder.patch_embed.proj.weight.dtype is torch.float32
    apply(encoder, "bf16")


def test_no_compiler_is_a_one_line_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("torch.compile is not supported on Python 9\nat all")

    monkeypatch.setattr(torch, "compile", refuse)
    encoder = tiny()
    with pytest.raises(ModelError) as caught:
        apply(encoder, "bf16+compile")
    assert one_line(caught) == (
        "variant: compile: no torch.compile here (torch.compile is not supported on Python 9); "
        "use a variant without compile, or another Python or torch"
    )
    assert encoder.patch_embed.proj.weight.dtype is torch.float32


def replaced(encoder: Any) -> None:
    encoder.forward = encoder.forward


def compiled(encoder: Any) -> None:
    encoder.compile(backend="eager")


def patched(encoder: Any) -> None:
    encoder.blocks[1].attn.forward = encoder.blocks[1].attn.forward


@pytest.mark.parametrize("change", [replaced, compiled, patched])
def test_somebody_elses_forward_is_not_lost(change: Any) -> None:
    encoder = tiny()
    change(encoder)
    with pytest.raises(ModelError) as caught:
        apply(encoder, "sdpa")
    assert one_line(caught) == (
        "variant: sdpa: the forward is replaced already, or compiled; "
        "use a fresh encoder, outside of recordings"
    )
    assert "forward" not in encoder.blocks[0].attn.__dict__


def test_no_variant_inside_a_recording() -> None:
    encoder = tiny()
    with samprof.profile(encoder), pytest.raises(ModelError, match="outside of recordings"):
        apply(encoder, "bf16")
    apply(encoder, "bf16")


@pytest.mark.parametrize("name", ["sdpa", "bf16", "bf16+sdpa+channels-last"])
def test_a_recording_names_the_layers(name: str, no_grad: None) -> None:
    encoder = tiny()
    apply(encoder, name)
    before = encoder.__dict__["forward"] if "bf16" in name else None
    image = images(64)
    expected = encoder(image)
    with samprof.profile(encoder) as recording:
        output = encoder(image)
    assert torch.equal(output, expected)
    table = recording.layers().set_index("path")
    blocks = [f"image_encoder.blocks.{number}" for number in (0, 1)]
    parts = [f"{block}{part}" for block in blocks for part in ("", ".norm1", ".attn", ".mlp")]
    for path in ["image_encoder", "image_encoder.patch_embed", "image_encoder.neck", *parts]:
        assert table.loc[path, "calls"] == 1
    # The casts are inside the encoder's range too.
    check = recording.trace.check()
    assert check.ok
    assert check.outside_ns == 0
    assert encoder.__dict__.get("forward") is before


@needs_torch("2.11")
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_a_compiled_encoder_is_split_by_layer(no_grad: None, fresh_dynamo: None) -> None:
    # Without blocks, which take a C++ compiler most of a minute.
    encoder = tiny(depth=0)
    expected = encoder(images(64))
    apply(encoder, "compile")
    encoder(images(64))
    with samprof.profile(encoder) as recording:
        assert relative_error(encoder(images(64)), expected) <= 1e-5
    rows = recording.layers().set_index("path")
    assert rows.loc["image_encoder", "note"].startswith("compiled region, split")
    assert {"image_encoder.patch_embed", "image_encoder.neck"} <= set(rows.index)
    assert rows.loc["image_encoder.neck", ["calls", "role"]].tolist() == [1, "neck"]
    # Every kernel of the graph is of a layer or shared by some, but for the encoder's own addition.
    trace = recording.trace
    split = int(rows.loc[rows["depth"] == 1, "cpu_total_ns"].sum())
    (graph,) = [
        graph for key, graph in trace.recorded["compiled"].items() if f" {key} " in str(trace.names)
    ]
    own = graph["layers"].index(["", ""])
    names = [name for name, places in graph["kernels"] if places != [own]]
    assert len(names) >= len(graph["kernels"]) - 1
    codes = [place for place, name in enumerate(trace.names) if name.endswith(tuple(names))]
    ran = int(trace.events.dur[np.isin(trace.events.name, codes)].sum())
    assert split == ran
    assert trace.check().ok


@needs_cuda
@pytest.mark.parametrize("name", [*SINGLE, *PAIRS, "compile"])
def test_variants_on_cuda_give_what_eager_gives(
    name: str, no_grad: None, fresh_dynamo: None
) -> None:
    encoder = tiny().cuda()
    image = images(64).cuda()
    expected = encoder(image)
    apply(encoder, name)
    assert relative_error(encoder(image), expected) <= tolerance(name)
