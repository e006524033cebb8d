"""FLOPs and bytes by layer: each op counted once, unknown costs counted as such."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import samprof
from samprof.sam.model.build import build_sam
from samprof.trace import Trace
from tests.support.op_traces import ADD, MM, layer
from tests.support.tracefile import TraceFile


def load(file: TraceFile, folder: Path, **options: Any) -> Trace:
    trace = samprof.load(file.write(folder / "trace.json", **options), cache=False)
    assert isinstance(trace, Trace)
    return trace


@pytest.mark.parametrize("layout", ["one-line", "event-lines", "indented"])
def test_a_layer_holds_the_cost_of_the_ops_inside_it(tmp_path: Path, layout: Any) -> None:
    table = load(layer(), tmp_path, layout=layout).layers().set_index("path")
    columns = ["flops", "matrix_flops", "bytes", "ops_without_formula"]
    assert table.loc["net", columns].tolist() == [48, 48, 104, 1]
    assert table.loc["(outside)", columns].tolist() == [0, 0, 0, 0]


def test_without_shapes_there_are_no_columns(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.op("aten::mm", 10, 50)
    trace = load(file, tmp_path)
    assert "flops" not in trace.layers()
    assert trace.ops().empty


def test_shapes_survive_the_cache(tmp_path: Path) -> None:
    file = layer()
    file.step(0, 0, 150)
    path = file.write(tmp_path / "trace.json")
    first, again = samprof.load(path), samprof.load(path)
    assert isinstance(first, Trace)
    assert isinstance(again, Trace)
    assert first.layers().equals(again.layers())
    assert again.layers().set_index("path").loc["net", "flops"] == 48


def test_backward_cost_belongs_to_the_layer_of_its_forward(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.op("aten::mm", 10, 50, sequence=3, **MM)
    file.op("autograd::engine::evaluate_function: MmBackward0", 200, 50, 2, sequence=3)
    file.op("aten::mm", 210, 30, 2, **MM)
    file.flow(1, forward=(10, 1), backward=(200, 2))
    assert load(file, tmp_path).layers().set_index("path").loc["net", "flops"] == 96


def test_an_op_that_calls_others_is_unknown_unless_they_compute(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 200)
    file.op("mylib::special", 10, 20)  # reserves and fills memory, and computes by itself
    file.op("aten::empty", 12, 2)
    file.op("aten::fill_", 15, 2, **ADD)
    file.op("mylib::composite", 40, 20)
    file.op("aten::mm", 42, 10, **MM)
    file.op("mylib::outer", 70, 20)  # what it calls is unknown, once
    file.op("mylib::inner", 72, 10)
    file.op("quantized::linear", 100, 20)  # computes, whatever it calls besides
    file.op("aten::mm", 102, 10, **MM)
    file.op("aten::clone", 130, 20)  # a copy, and no more
    file.op("aten::copy_", 132, 10, **ADD)
    file.op("aten::_assert_tensor_metadata", 160, 5)
    trace = load(file, tmp_path)
    ops = trace.ops()
    unknown = ops.loc[~ops["has_formula"].astype(bool), "op"]
    assert sorted(unknown) == ["mylib::inner", "mylib::special", "quantized::linear"]
    row = trace.layers().set_index("path").loc["net"]
    assert (row["flops"], row["ops_without_formula"]) == (96, 3)


@torch.inference_mode()
def test_an_op_of_no_operation_that_is_called_by_its_own_name_is_known() -> None:
    model = torch.nn.Upsample(scale_factor=2)  # the outer call has a factor and no size
    with samprof.profile(model, name="net") as recording:
        model(torch.ones(1, 2, 3, 3))
    row = recording.layers().set_index("path").loc["net"]
    assert (row["flops"], row["bytes"], row["ops_without_formula"]) == (0, 4 * (18 + 72), 0)


@torch.inference_mode()
def test_int8_layers_are_unknown_and_not_zero() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(16, 8), torch.nn.ReLU()).eval()
    quantized = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear})
    with samprof.profile(quantized, name="net") as recording:
        quantized(torch.ones(2, 16))
    # Its weights are packed: a trace does not hold their shape. Of ReLU 16 operations.
    row = recording.layers().set_index("path").loc["net"]
    assert (row["flops"], row["ops_without_formula"]) == (16, 1)
    ops = recording.trace.ops().set_index("op")
    assert not ops.loc["quantized::linear_dynamic", "has_formula"]


@torch.inference_mode()
def test_the_encoders_sum_is_that_of_the_flop_counter() -> None:
    encoder = build_sam("small").image_encoder
    images = torch.ones(2, 3, 512, 512)
    with FlopCounterMode(display=False) as counter:
        encoder(images)
    with samprof.profile(encoder) as recording:
        encoder(images)
    table = recording.layers().set_index("path")
    assert table.loc["image_encoder", "matrix_flops"] == counter.get_total_flops()
    assert table.loc["image_encoder", "ops_without_formula"] == 0
    layers = table.drop("(outside)")
    assert (layers["flops"] > 0).all()
    assert (layers["bytes"] > 0).all()
    # Patch embedding: 32 x 32 tokens of 96 numbers out of 16 x 16 x 3 pixels, twice; two a
    # multiply-add.
    patch = 2 * 2 * 32 * 32 * 96 * 16 * 16 * 3
    assert table.loc["image_encoder.patch_embed", "matrix_flops"] == patch
    # MLP of a block: 1024 tokens, 96 to 384 and back, twice.
    assert table.loc["image_encoder.blocks.0.mlp", "matrix_flops"] == 2 * 2 * 2 * 1024 * 96 * 384
    # A window block pads 32 x 32 tokens to 35 x 35: 25 windows of 49 tokens, 4 heads of 24.
    tokens, heads = 25 * 49, 4
    qkv, projection = 2 * tokens * 96 * 288, 2 * tokens * 96 * 96
    scores = 2 * 25 * heads * 49 * 49 * 24
    # Relative position: each token with 7 places down and 7 across.
    relative = 2 * 2 * 25 * heads * 49 * 7 * 24
    window = 2 * (qkv + projection + 2 * scores + relative)
    assert table.loc["image_encoder.blocks.0.attn", "matrix_flops"] == window


@pytest.mark.parametrize(
    ("model", "depth", "width", "heads", "globals_"),
    [("vit_b", 12, 768, 12, 4), ("vit_l", 24, 1024, 16, 4), ("vit_h", 32, 1280, 16, 4)],
)
def test_the_flops_of_the_real_encoders_by_hand(
    model: str, depth: int, width: int, heads: int, globals_: int
) -> None:
    """The formulas that the layers' sums are made of, against the flop counter on no data."""
    tokens, padded, windows, inside = 64 * 64, 70 * 70, 25, 14 * 14
    head = width // heads

    def attention(tokens: int, groups: int, length: int, side: int) -> int:
        linear = 2 * tokens * width * 4 * width  # qkv and projection
        products = 2 * 2 * groups * heads * length * length * head
        relative = 2 * 2 * groups * heads * length * side * head
        return linear + products + relative

    mlp = 2 * 2 * tokens * width * 4 * width
    window = attention(padded, windows, inside, 14) + mlp
    whole = attention(tokens, 1, tokens, 64) + mlp
    patch = 2 * tokens * width * 16 * 16 * 3
    neck = 2 * tokens * (width * 256 + 256 * 256 * 9)
    expected = patch + (depth - globals_) * window + globals_ * whole + neck
    with torch.device("meta"):
        encoder = build_sam(model).image_encoder
        with FlopCounterMode(display=False) as counter:
            encoder(torch.ones(1, 3, 1024, 1024))
    assert counter.get_total_flops() == expected
