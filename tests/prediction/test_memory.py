"""Predicted memory: what is alive by shapes, torch's workspace, and whose it is when compiled."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import samprof
from samprof.prediction.devices import device_named
from samprof.prediction.measured_peaks import _workspace_bytes
from samprof.prediction.predict import Forward, peak_bytes
from samprof.prediction.shapes import arguments_on_meta, on_meta, shapes_of
from samprof.record.profile import Profile
from samprof.record.ranges.labels import ModelLabels
from samprof.sam.model.build import build_sam
from samprof.sam.model.variants import apply
from samprof.sweeps.inputs import Arguments
from samprof.trace import Trace
from samprof.trace.model.events import Kind

MIB = 2**20


@pytest.mark.parametrize(
    ("device", "workspace"),
    [
        ("T4", 8_519_680),  # :4096:2:16:8, in KiB
        ("A100", 8_519_680),
        ("L40S", 8_519_680),
        ("H100", 32 * MIB),
        ("H200", 32 * MIB),
        ("B200", 32 * MIB),
        ("MI300X", 128 * MIB),
    ],
)
def test_a_product_needs_the_workspace_of_its_device(device: str, workspace: int) -> None:
    """[4, 256] @ [256, 512] in float32: 524,288 bytes of weights, 4,096 in, 8,192 out."""
    net = nn.Linear(256, 512, bias=False)
    run = samprof.predict(net, device, [4], inputs=torch.ones(1, 256))
    assert run.points()["peak_memory_bytes"].tolist() == [524_288 + 4_096 + 8_192 + workspace]


def test_without_products_there_is_no_workspace() -> None:
    run = samprof.predict(nn.ReLU(), "H100", [4], inputs=torch.ones(1, 256))
    assert run.points()["peak_memory_bytes"].tolist() == [2 * 4 * 256 * 4]


@pytest.mark.parametrize(
    ("major", "rocm", "mib"),
    [
        (7, "", 8.125),
        (8, "", 8.125),
        (9, "", 32),
        (12, "", 32),
        (9, "gfx942:sramecc+:xnack-", 128),
        (9, "gfx90a", 32),
    ],
)
def test_the_workspace_of_the_gpu_here(major: int, rocm: str, mib: float) -> None:
    assert _workspace_bytes(major, rocm) == mib * MIB


def test_what_was_measured_on_a_gpu_holds_the_workspace_already() -> None:
    net = on_meta(nn.Linear(8, 8))
    trace = shapes_of(net, Arguments((torch.empty(1, 8, device="meta"),)), ModelLabels()).trace
    forward = Forward(1, trace, "Linear", "float32", 1000, memory_from="gpu")
    assert peak_bytes(forward, device_named("A100")) == 1000
    on_cpu = replace(forward, memory_from="cpu")
    assert peak_bytes(on_cpu, device_named("A100")) == 1000 + 8_519_680
    unknown = replace(on_cpu, peak_memory_bytes=0)
    assert peak_bytes(unknown, device_named("A100")) == 0


@pytest.mark.parametrize("variant", ["eager", "sdpa"])
def test_the_peak_by_shapes_is_that_of_the_allocator(variant: str) -> None:
    encoder = build_sam("small").image_encoder
    apply(encoder, variant)
    side = int(encoder.img_size)
    images = Arguments((torch.zeros(1, 3, side, side),))
    with torch.inference_mode(), Profile(encoder, memory=True) as recording:
        images.call(encoder)
    held = [*encoder.parameters(), *encoder.buffers(), *images.tensors()]
    allocated = _most_allocated(recording.trace)
    made = build_sam("small").image_encoder.to("meta")
    apply(made, variant)
    found = shapes_of(made, arguments_on_meta(images), ModelLabels())
    assert found.peak_memory_bytes == allocated + sum(one.nbytes for one in held)


def _most_allocated(trace: Trace) -> int:
    """The most at one time, without the buffers that the CPU's fused kernel has while it runs."""
    events, allocations = trace.events, trace.allocations
    outside = np.ones(len(allocations.ts), bool)
    for row in events.of(Kind.OP).tolist():
        if "flash_attention_for_cpu" in trace.names[events.name[row]]:
            start, end = events.ts[row], events.ts[row] + events.dur[row]
            outside &= (allocations.ts < start) | (allocations.ts > end)
    return int(allocations.total[outside].max())


def test_scores_of_fused_attention_are_not_held() -> None:
    """q, k, v and the result of [1, 2, 64, 32] are 16,384 bytes each, the mask [1, 2, 64, 64] 32,768."""

    class Attends(nn.Module):
        def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
            return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    q, k, v = (torch.empty(1, 2, 64, 32, device="meta") for _ in range(3))
    mask = torch.empty(1, 2, 64, 64, device="meta")
    found = shapes_of(Attends(), Arguments((q, k, v, mask)), ModelLabels())
    assert found.peak_memory_bytes == 4 * 16_384 + 32_768


def test_memory_of_a_compiled_variant_is_said_to_be_that_of_eager(tmp_path: Path) -> None:
    card = tmp_path / "card.toml"
    card.write_text(
        '[tiny]\ntitle = "Tiny"\ncores = 4\nfloat32 = 1\nbandwidth = 100\nmemory = 0.8\n'
    )
    run = samprof.predict("small", "tiny", [1, 2, 64], variants="eager,compile", devices=card)
    points = run.points().set_index(["variant", "size"])
    for size in (1, 2):
        peaks = points["peak_memory_bytes"].xs(size, level="size")
        assert peaks["eager"] == peaks["compile"]
    assert " as eager do not fit into " in points.loc[("compile", 64), "message"]
    assert "as eager" not in points.loc[("eager", 64), "message"]
    said = "memory is that of eager ops: compiled, published ones took 0.78x to 1.77x of it"
    assert said in str(run.verdict("compile"))
    assert "eager ops" not in str(run.verdict("eager"))
    sources = {
        point.variant: one.memory_source
        for point in run.data.measured
        for one in point.samples
        if one.status == "ok"
    }
    by_shapes = "weights, inputs and tensors alive at one time, by shapes"
    assert sources == {"eager": by_shapes, "compile": f"{by_shapes}, as eager"}


def test_memory_of_a_recorded_run_is_said_to_be_measured(tmp_path: Path) -> None:
    net, inputs = nn.Linear(64, 64), torch.ones(1, 64)
    measured = samprof.sweep(
        net, inputs, [1, 2], rounds=1, repeats=1, warmup=0, out=tmp_path / "run"
    )
    found = samprof.predict(measured, "A100")
    before, after = (run.points()["peak_memory_bytes"] for run in (measured, found))
    assert (after - before).tolist() == [8_519_680, 8_519_680]
    sources = {one.memory_source for point in found.data.measured for one in point.samples}
    assert sources == {"measured on a CPU by the run that was predicted from"}
