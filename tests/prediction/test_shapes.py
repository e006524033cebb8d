"""Forwards on the meta device: the same ops and memory as for real, and no weights."""

import pytest
import torch
from torch import nn

from samprof.errors import ModelError
from samprof.prediction.fused import fused
from samprof.prediction.shapes import arguments_on_meta, on_meta, shapes_of
from samprof.prediction.work import work_of
from samprof.record.profile import Profile
from samprof.record.ranges.labels import ModelLabels
from samprof.sam.model.build import build_sam
from samprof.sam.model.roles import describe
from samprof.sweeps.inputs import Arguments

COLUMNS = ["op", "kind", "dtype", "flops", "bytes", "batch", "m", "n"]


def test_sams_encoder_asks_the_same_on_meta_as_for_real() -> None:
    encoder = build_sam("small").image_encoder
    images = Arguments((torch.randn(2, 3, 512, 512),))
    labels = describe(encoder)
    with torch.inference_mode(), Profile(encoder, labels=labels, memory=False) as recording:
        images.call(encoder)
    found = shapes_of(on_meta(encoder), arguments_on_meta(images), labels)
    real = work_of(recording.trace)
    # How a device computes a product, torch picks by device: products and what they move are the same.
    products = [
        work[work["kind"].isin(["matmul", "convolution"])] for work in (real, work_of(found.trace))
    ]
    assert products[0][COLUMNS].values.tolist() == products[1][COLUMNS].values.tolist()
    paths = [one.layers()["path"].tolist() for one in (recording.trace, found.trace)]
    assert paths[0] == paths[1]


def test_weights_are_not_copied_and_shared_ones_stay_shared() -> None:
    first = nn.Linear(4, 4)
    model = nn.Sequential(first, first, nn.BatchNorm1d(4))
    made = on_meta(model)
    assert {one.device.type for one in (*made.parameters(), *made.buffers())} == {"meta"}
    assert made[0].weight is made[1].weight
    assert first.weight.device.type == "cpu"


def test_memory_is_what_is_alive_at_one_time() -> None:
    class Chain(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for _ in range(3):
                x = x * 2  # the one before is freed as soon as this is there
            return x

    x = torch.empty(1000, device="meta")
    peak = shapes_of(Chain(), Arguments((x,)), ModelLabels()).peak_memory_bytes
    assert peak == 3 * 4000  # the input, which the caller holds, one result and the next


def test_a_forward_that_asks_for_values_is_one_line() -> None:
    class Asks(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if x.sum().item() > 0 else -x

    with pytest.raises(ModelError, match="Asks: its forward does not run on shapes alone"):
        shapes_of(Asks(), Arguments((torch.empty(3, device="meta"),)), ModelLabels())


def test_compiling_leaves_the_largest_of_each_run_between_products() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(8, 32), nn.Linear(32, 8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.second(torch.tanh(torch.exp(self.first(x)))) + x)

    x = torch.empty(16, 8, device="meta")
    work = work_of(shapes_of(on_meta(Block()), Arguments((x,)), ModelLabels()).trace)
    names = [name.removeprefix("aten::") for name in work["op"]]
    assert names == ["addmm", "exp", "tanh", "addmm", "add", "relu"]
    assert [name.removeprefix("aten::") for name in fused(work)["op"]] == [
        "addmm",
        "exp",
        "addmm",
        "add",
    ]
