"""`variants`: their names, what they do to the encoder, and how far they stray from eager."""

import copy
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from segment_anything.modeling import image_encoder as original
from segment_anything.modeling.image_encoder import Attention, ImageEncoderViT
from torch import Tensor, nn

import samprof
from samprof.errors import ModelError, UsageError
from samprof.sam.attention import attentions, fuse, own_rel_pos, relative_bias
from samprof.sam.names import VARIANTS
from samprof.sam.variants import Graphed, apply, canonical, parse, splits_by_layer, tolerance

COMPILED = "compiled region, not split"
FLOAT32 = ["sdpa", "channels-last", "sdpa+channels-last"]
SINGLE = ["bf16", "fp16", "sdpa", "channels-last"]
PAIRS = [
    "bf16+sdpa",
    "fp16+sdpa",
    "sdpa+channels-last",
    "bf16+channels-last",
    "fp16+channels-last",
    "bf16+sdpa+channels-last",
]
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@pytest.fixture
def no_grad() -> Iterator[None]:
    with torch.no_grad():
        yield


@pytest.fixture
def fresh_dynamo() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def filled(encoder: nn.Module) -> Any:
    """The encoder with positions that matter: new ones are zero."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            if "rel_pos" in name or "pos_embed" in name:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) / 2)
    return encoder.eval()


def tiny(**settings: Any) -> Any:
    """Four by four tokens of width 16: a block with padded windows and a global one."""
    torch.manual_seed(0)
    sizes = {"img_size": 64, "embed_dim": 16, "depth": 2, "num_heads": 2, "out_chans": 8}
    windows = {"window_size": 3, "global_attn_indexes": (1,), "use_rel_pos": True}
    return filled(ImageEncoderViT(**{**sizes, **windows, **settings}))


def shortened(encoder: Any) -> Any:
    """The small encoder's first half: two blocks with windows and a global one."""
    encoder.blocks = encoder.blocks[:3]
    return encoder


def images(size: int, count: int = 1, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(2)).to(dtype)


def deviation(output: Tensor, expected: Tensor) -> float:
    assert output.shape == expected.shape
    assert output.dtype == expected.dtype
    return float((output - expected).norm() / expected.norm())


def one_line(caught: pytest.ExceptionInfo[Any]) -> str:
    message = str(caught.value)
    assert "\n" not in message
    return message


# Names


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("eager", ()),
        ("eager+eager", ()),
        ("bf16", ("bf16",)),
        ("bf16+bf16", ("bf16",)),
        ("eager+fp16", ("fp16",)),
        ("sdpa+bf16", ("bf16", "sdpa")),
        (" sdpa + bf16 ", ("bf16", "sdpa")),
        ("channels-last+compile+sdpa", ("sdpa", "compile", "channels-last")),
        ("channels-last+cudagraph+eager+fp16", ("fp16", "cudagraph", "channels-last")),
    ],
)
def test_a_name_has_its_parts_once_and_in_order(name: str, parts: tuple[str, ...]) -> None:
    assert parse(name) == parts
    assert canonical(name) == ("+".join(parts) or "eager")
    assert parse(canonical(name)) == parts


@pytest.mark.parametrize("name", VARIANTS)
def test_every_name_is_its_own_canonical_name(name: str) -> None:
    assert canonical(name) == name


@pytest.mark.parametrize(
    ("name", "part"),
    [("int8", "int8"), ("bf16+int8", "int8"), ("", ""), ("bf16+", ""), ("BF16", "BF16")],
)
def test_an_unknown_part_names_the_known_ones(name: str, part: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(name)
    assert one_line(caught) == (
        f"variant: {name!r}: unknown part {part!r}; use one of eager, bf16, fp16, sdpa, compile, "
        "cudagraph, channels-last, or several joined by +"
    )


def test_parts_that_exclude_each_other() -> None:
    with pytest.raises(UsageError) as caught:
        parse("fp16+sdpa+bf16")
    assert one_line(caught) == (
        "variant: fp16+sdpa+bf16: bf16 and fp16 exclude each other; use one"
    )
    with pytest.raises(UsageError) as caught:
        parse("compile+cudagraph")
    assert one_line(caught) == (
        "variant: compile+cudagraph: compile and cudagraph exclude each other; "
        "use one; compile has its own CUDA graphs (mode reduce-overhead)"
    )


def test_what_is_one_region_is_not_split() -> None:
    assert [name for name in VARIANTS if not splits_by_layer(name)] == ["compile", "cudagraph"]
    assert splits_by_layer("bf16+sdpa+channels-last")
    assert not splits_by_layer("bf16+compile")


def test_the_tolerance_is_that_of_the_coarsest_part() -> None:
    of_dtype = {"bf16": tolerance("bf16"), "fp16": tolerance("fp16")}
    assert tolerance("eager") < of_dtype["fp16"] < of_dtype["bf16"]
    for name in ["sdpa", "compile", "cudagraph", "channels-last"]:
        assert tolerance(name) == tolerance("eager")
        for dtype, expected in of_dtype.items():
            assert tolerance(f"{dtype}+{name}") == expected


# Outputs


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
    strayed = deviation(changed(images(512)), expected)
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
        return compiler(call, backend="eager", fullgraph=True, **settings)

    monkeypatch.setattr(torch, "compile", traced)
    encoder = tiny()
    expected = encoder(images(64))
    apply(encoder, name)
    assert given == {"dynamic": False}
    assert deviation(encoder(images(64)), expected) <= tolerance(name)


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


# Attention


def attention(rel_pos: bool = True, size: tuple[int, int] = (3, 5), kind: type = Attention) -> Any:
    torch.manual_seed(3)
    module = kind(8, num_heads=2, use_rel_pos=rel_pos, input_size=size)
    return filled(module.double())


class Copied(Attention):
    """In a file without `get_rel_pos`, as in another project's copy."""


@pytest.mark.parametrize("grid", [(3, 5), (4, 4), (1, 6)])
def test_the_mask_is_the_bias_of_eager(grid: tuple[int, int], no_grad: None) -> None:
    module = attention()
    height, width = grid
    q = torch.randn(6, height * width, 4, dtype=torch.float64)
    zero = torch.zeros(6, height * width, height * width, dtype=torch.float64)
    tables = (module.rel_pos_h, module.rel_pos_w)
    expected = original.add_decomposed_rel_pos(zero, q, *tables, grid, grid)
    pairs = (original.get_rel_pos(n, n, table) for n, table in zip(grid, tables, strict=True))
    mask = relative_bias(q, *pairs)
    assert mask.any()
    assert torch.equal(mask, expected)


@pytest.mark.parametrize("size", [1, 3, 4, 9])
def test_the_own_tables_are_those_of_segment_anything(size: int) -> None:
    table = torch.randn(7, 2, dtype=torch.float64)
    expected = original.get_rel_pos(size, size, table)
    torch.testing.assert_close(own_rel_pos(size, size, table), expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("kind", [Attention, Copied])
@pytest.mark.parametrize("rel_pos", [True, False])
@pytest.mark.parametrize("grid", [(3, 5), (5, 2)])
def test_fused_attention_is_attention(
    grid: tuple[int, int], rel_pos: bool, kind: type, no_grad: None, monkeypatch: Any
) -> None:
    module = attention(rel_pos, kind=kind)
    tokens = torch.randn(2, *grid, 8, dtype=torch.float64)
    expected = module(tokens)
    masks = []
    plain = torch.nn.functional.scaled_dot_product_attention

    def watched(*args: Any, **kwargs: Any) -> Tensor:
        masks.append(kwargs["attn_mask"])
        return plain(*args, **kwargs)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", watched)
    fuse(module)
    torch.testing.assert_close(module(tokens), expected, rtol=0, atol=1e-12)
    (mask,) = masks
    if rel_pos:
        count = grid[0] * grid[1]
        assert mask.shape == (2, 2, count, count)
        assert mask.dtype is torch.float64
    else:
        assert mask is None


@pytest.mark.parametrize("rel_pos", [True, False])
@pytest.mark.parametrize("shape", [(64, 64), (48, 80)])
def test_window_and_global_blocks_are_fused(
    shape: tuple[int, int], rel_pos: bool, no_grad: None
) -> None:
    # The position embedding is square; without it images of any shape pass.
    encoder = tiny(use_abs_pos=False, use_rel_pos=rel_pos).double()
    image = torch.randn(2, 3, *shape, dtype=torch.float64)
    expected = encoder(image)
    apply(encoder, "sdpa")
    torch.testing.assert_close(encoder(image), expected, rtol=0, atol=1e-12)


def test_the_gradients_are_those_of_eager() -> None:
    module, tokens = attention(), torch.randn(2, 3, 5, 8, dtype=torch.float64)
    module(tokens).square().sum().backward()
    expected = {name: parameter.grad for name, parameter in module.named_parameters()}
    module.zero_grad(set_to_none=True)
    fuse(module)
    module(tokens).square().sum().backward()
    for name, parameter in module.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name], rtol=0, atol=1e-12)


def test_only_the_encoder_has_such_attention(small: Any) -> None:
    assert len(attentions(small.image_encoder)) == 6
    assert attentions(small) == attentions(small.image_encoder)
    with pytest.raises(ModelError) as caught:
        apply(copy.deepcopy(small.mask_decoder), "sdpa")
    assert one_line(caught) == (
        "variant: sdpa: no attention as in ImageEncoderViT; give SAM's image encoder"
    )


# The encoder itself


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


# Recordings


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


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_a_compiled_encoder_is_one_row(no_grad: None, fresh_dynamo: None) -> None:
    # Without blocks, which take a C++ compiler most of a minute.
    encoder = tiny(depth=0)
    expected = encoder(images(64))
    apply(encoder, "compile")
    encoder(images(64))
    with samprof.profile(encoder) as recording:
        assert deviation(encoder(images(64)), expected) <= 1e-5
    (row,) = [row for row in recording.layers().to_dict("records") if row["calls"] > 0]
    assert (row["path"], row["calls"], row["note"]) == ("image_encoder", 1, COMPILED)


# CUDA graphs


class FakeGraph:
    """Counts its replays; the output stays what it was at the capture."""

    replays = 0

    def replay(self) -> None:
        FakeGraph.replays += 1


@pytest.fixture
def fake_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """As much of `torch.cuda` as a capture needs, on the CPU."""
    stream = SimpleNamespace(wait_stream=lambda other: None)
    FakeGraph.replays = 0
    for name, fake in {
        "device": nullcontext,
        "Stream": lambda: stream,
        "current_stream": lambda: stream,
        "stream": nullcontext,
        "CUDAGraph": FakeGraph,
        "graph": lambda graph, stream: nullcontext(),
    }.items():
        monkeypatch.setattr(torch.cuda, name, fake)


def test_each_shape_and_dtype_is_captured_once(fake_cuda: None) -> None:
    seen: list[Tensor] = []

    def double(image: Tensor) -> Tensor:
        seen.append(image)
        return image * 2

    forward = Graphed(double)
    first = forward(torch.ones(1, 2))
    assert first.tolist() == [[2.0, 2.0]]
    assert (len(seen), FakeGraph.replays) == (4, 1)
    again = forward(torch.full((1, 2), 5.0))
    # The graph reads the same tensor every time, and its output is handed out as a copy.
    assert len({image.data_ptr() for image in seen}) == 1
    assert seen[-1].tolist() == [[5.0, 5.0]]
    assert again.data_ptr() != first.data_ptr()
    assert (len(seen), FakeGraph.replays) == (4, 2)
    forward(torch.ones(2, 2))
    forward(torch.ones(1, 2, dtype=torch.float64))
    assert (len(seen), FakeGraph.replays) == (12, 4)


def test_a_graph_captured_in_inference_mode_serves_outside_of_it(fake_cuda: None) -> None:
    weight = torch.ones(2, requires_grad=True)
    forward = Graphed(lambda image: image * weight)
    with torch.inference_mode():
        forward(torch.ones(1, 2))
    assert not forward(torch.ones(1, 2, requires_grad=True)).requires_grad
    with torch.inference_mode():
        assert forward(torch.ones(1, 2)).is_inference()
    assert FakeGraph.replays == 3


def test_a_recording_enters_a_graphed_forward(fake_cuda: None, no_grad: None) -> None:
    encoder = tiny()
    expected = encoder(images(64))
    graphed = encoder.__dict__["forward"] = Graphed(encoder.forward)
    encoder(images(64))
    with samprof.profile(encoder) as recording:
        assert torch.equal(encoder(images(64)), expected)
    assert encoder.__dict__["forward"] is graphed
    called = {row["path"]: row["calls"] for row in recording.layers().to_dict("records")}
    assert {path: calls for path, calls in called.items() if calls} == {"image_encoder": 1}


@needs_cuda
@pytest.mark.parametrize("name", ["cudagraph", "bf16+sdpa+cudagraph", "channels-last+cudagraph"])
def test_a_replayed_graph_gives_what_eager_gives(name: str, no_grad: None) -> None:
    encoder = tiny().cuda()
    batches = [images(64, count).cuda() for count in (1, 2, 1)]
    batches[2] += 1
    expected = [encoder(batch) for batch in batches]
    apply(encoder, name)
    outputs = [encoder(batch) for batch in batches]
    for output, wanted in zip(outputs, expected, strict=True):
        assert deviation(output, wanted) <= tolerance(name)
    assert not torch.equal(outputs[0], outputs[2])
    with samprof.profile(encoder) as recording:
        encoder(batches[0])
    assert recording.layers().set_index("path").loc["image_encoder", "calls"] == 1


@needs_cuda
@pytest.mark.parametrize("name", [*SINGLE, *PAIRS, "compile"])
def test_variants_on_cuda_give_what_eager_gives(
    name: str, no_grad: None, fresh_dynamo: None
) -> None:
    encoder = tiny().cuda()
    image = images(64).cuda()
    expected = encoder(image)
    apply(encoder, name)
    assert deviation(encoder(image), expected) <= tolerance(name)
