"""FLOPs and bytes by op and by layer: each op counted once, what is unknown counted as such."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import samprof
from samprof.sam.models import build_sam
from samprof.trace import Trace
from samprof.trace.gaps import PROMPT_NS, find_gaps
from tests.support.tracefile import TraceFile

SHARED = Path(__file__).parents[3] / "shared" / "traces"
MM = {"Input Dims": [[2, 3], [3, 4]], "Input type": ["float"] * 2, "Concrete Inputs": ["", ""]}
"""2 x 3 x 4 multiply-adds: 48 FLOPs; 6 + 12 numbers read, 8 written: 104 bytes."""
ADD = {"Input Dims": [[8], [8], []], "Input type": ["float", "float", "Scalar"]} | {
    "Concrete Inputs": ["", "", "1"]
}
"""8 FLOPs, 96 bytes."""


def load(file: TraceFile, folder: Path, **options: Any) -> Trace:
    trace = samprof.load(file.write(folder / "trace.json", **options), cache=False)
    assert isinstance(trace, Trace)
    return trace


def layer() -> TraceFile:
    """net holds linear (which calls mm) and an op without a formula; add is outside of it."""
    file = TraceFile()
    file.range("net", 0, 100)
    file.op("aten::linear", 10, 50)
    file.op("aten::mm", 20, 30, **MM)
    file.op("aten::add", 25, 5, **ADD)  # inside mm: how mm does its work
    file.op("mylib::special", 70, 10)
    file.op("aten::view", 85, 5)
    file.op("aten::add", 200, 10, **ADD)
    return file


@pytest.mark.parametrize("layout", ["one-line", "event-lines", "indented"])
def test_a_layer_holds_the_work_of_the_ops_inside_it(tmp_path: Path, layout: Any) -> None:
    table = load(layer(), tmp_path, layout=layout).layers().set_index("path")
    columns = ["flops", "matrix_flops", "bytes", "ops_without_formula"]
    assert table.loc["net", columns].tolist() == [48, 48, 104, 1]
    assert table.loc["(outside)", columns].tolist() == [0, 0, 0, 0]


def test_ops_have_their_rates(tmp_path: Path) -> None:
    ops = load(layer(), tmp_path).ops().set_index("op")
    assert list(ops.index) == ["aten::mm", "aten::add", "mylib::special"]
    mm = ops.loc["aten::mm"]
    assert mm["time_ns"] == 30
    assert mm["flops_per_s"] == pytest.approx(48 / 30e-9)
    assert mm["bytes_per_s"] == pytest.approx(104 / 30e-9)
    assert mm["intensity"] == pytest.approx(48 / 104)
    assert ops["calls"].tolist() == [1, 1, 1]
    assert ops["has_formula"].tolist() == [True, True, False]


def test_device_time_of_an_op_is_that_of_all_it_launches(tmp_path: Path) -> None:
    file = layer()
    file.launch(1, 22)  # by mm
    file.launch(2, 26)  # by the add inside mm
    file.launch(3, 75)  # by special
    for correlation, duration in ((1, 40), (2, 60), (3, 7)):
        file.kernel(correlation, 300 + 100 * correlation, duration)
    ops = load(file, tmp_path).ops().set_index("op")
    assert ops["time_ns"].to_dict() == {"aten::mm": 100, "mylib::special": 7, "aten::add": 0}


def test_what_an_op_launches_itself_is_work_even_if_it_calls_others(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.op("mylib::fused", 10, 40)
    file.op("aten::empty", 12, 2)  # it reserves memory, then launches a kernel
    file.op("compiled region", 60, 20)
    file.op("aten::mm", 62, 5, **MM)
    file.op("aten::item", 85, 10)
    file.op("aten::_local_scalar_dense", 86, 8)
    for correlation, launched in ((1, 20), (2, 64), (3, 70), (4, 88)):
        file.launch(correlation, launched)
        file.kernel(correlation, 100 * correlation, 10 * correlation)
    trace = load(file, tmp_path)
    times = trace.ops().set_index("op")["time_ns"].to_dict()
    # The region holds the kernel of mm, which has its own row, and one that nobody knows.
    assert times == {"compiled region": 30, "aten::mm": 20, "mylib::fused": 10}
    assert trace.layers().set_index("path").loc["net", "ops_without_formula"] == 2


def test_without_shapes_there_are_no_columns(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.op("aten::mm", 10, 50)
    trace = load(file, tmp_path)
    assert "flops" not in trace.layers()
    assert trace.ops().empty


def test_shapes_survive_the_cache_and_windows(tmp_path: Path) -> None:
    file = layer()
    file.step(0, 0, 150)
    path = file.write(tmp_path / "trace.json")
    first, again = samprof.load(path), samprof.load(path)
    assert isinstance(first, Trace)
    assert isinstance(again, Trace)
    assert first.layers().equals(again.layers())
    assert again.layers().set_index("path").loc["net", "flops"] == 48


def test_backward_work_belongs_to_the_layer_of_its_forward(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.op("aten::mm", 10, 50, sequence=3, **MM)
    file.op("autograd::engine::evaluate_function: MmBackward0", 200, 50, 2, sequence=3)
    file.op("aten::mm", 210, 30, 2, **MM)
    file.flow(1, forward=(10, 1), backward=(200, 2))
    assert load(file, tmp_path).layers().set_index("path").loc["net", "flops"] == 96


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


def test_a_gap_is_the_launchs_fault_if_the_next_kernel_started_at_once(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100_000)
    # Launched at 0, 50 us and 60 us; the third is queued behind the second.
    for correlation, launched, started, lasts in (
        (1, 0, 8_000, 10_000),
        (2, 50_000, 58_500, 20_000),
        (3, 60_000, 80_000, 5_000),
    ):
        file.launch(correlation, launched)
        file.kernel(correlation, started, lasts)
    trace = load(file, tmp_path)
    gaps = find_gaps(trace)
    # 18 to 58.5 us, and 78.5 to 80; the third started 20 us after its launch, the promptest 8.
    assert gaps.gap_ns.tolist() == [0, 40_500, 1_500]
    assert gaps.launch_ns.tolist() == [0, 40_500, 0]
    assert 8_000 + PROMPT_NS < 20_000
    row = trace.layers().set_index("path").loc["net"]
    assert (row["device_gap_ns"], row["launch_gap_ns"]) == (42_000, 40_500)


def test_gaps_do_not_depend_on_the_clocks(tmp_path: Path) -> None:
    def gaps(skew: int) -> tuple[list[int], list[int]]:
        file = TraceFile()
        file.range("net", 0, 100_000)
        for correlation, launched, started in ((1, 0, 8_000), (2, 50_000, 58_500)):
            file.launch(correlation, launched)
            file.kernel(correlation, started + skew, 10_000)
        found = find_gaps(load(file, tmp_path))
        return found.gap_ns.tolist(), found.launch_ns.tolist()

    assert gaps(0) == gaps(123_456) == gaps(-40_000)


def test_gaps_between_steps_are_nobodys(tmp_path: Path) -> None:
    file = TraceFile()
    for step in (0, 1):
        file.step(step, step * 1000, 500)
        file.range("net", step * 1000, 400)
        file.launch(step, step * 1000 + 10)
        file.kernel(step, step * 1000 + 20, 50)
    assert find_gaps(load(file, tmp_path)).gap_ns.tolist() == [0, 0]


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no shared traces in {SHARED}")
def test_no_rate_is_above_the_peak_of_the_device() -> None:
    # An A100 with 40 GB: 312 TFLOP/s in bfloat16, 1555 GB/s (NVIDIA's data sheet).
    trace = samprof.load(SHARED / "sam-fast-amg-a100.json.gz", cache=False)
    assert isinstance(trace, Trace)
    ops = trace.ops().set_index("op")
    assert ops["flops_per_s"].max() <= 312e12
    # What fits into the cache of 40 MB may be faster than the memory.
    large = ops["bytes"] / ops["calls"] > 40e6
    assert ops.loc[large, "bytes_per_s"].max() <= 1555e9
    assert ops.loc["aten::addmm", "flops_per_s"].max() > 40e12
