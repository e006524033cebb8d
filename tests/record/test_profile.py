"""`samprof.profile`: which rows there are at each granularity, and that their numbers add up."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import samprof
from tests.record.models import OUTSIDE, Add, Recursive, calls, column, small_net

BLOCKS = {
    "image_encoder": ("ImageEncoderViT", "image encoder"),
    "image_encoder.patch_embed": ("PatchEmbed", "patch embedding"),
    "image_encoder.blocks.0": ("Block", "window block"),
    "image_encoder.blocks.0.norm1": ("LayerNorm", "norm"),
    "image_encoder.blocks.0.attn": ("Attention", "window attention"),
    "image_encoder.blocks.0.norm2": ("LayerNorm", "norm"),
    "image_encoder.blocks.0.mlp": ("MLPBlock", "MLP"),
    "image_encoder.blocks.1": ("Block", "global block"),
    "image_encoder.blocks.1.norm1": ("LayerNorm", "norm"),
    "image_encoder.blocks.1.attn": ("Attention", "global attention"),
    "image_encoder.blocks.1.norm2": ("LayerNorm", "norm"),
    "image_encoder.blocks.1.mlp": ("MLPBlock", "MLP"),
    "image_encoder.neck": ("Sequential", "neck"),
}
LAYERS = BLOCKS | {
    "image_encoder.patch_embed.proj": ("Conv2d", "patch embedding"),
    "image_encoder.neck.0": ("Conv2d", "neck"),
    "image_encoder.neck.1": ("LayerNorm2d", "neck"),
    "image_encoder.neck.2": ("Conv2d", "neck"),
    "image_encoder.neck.3": ("LayerNorm2d", "neck"),
}
for _block in ("image_encoder.blocks.0", "image_encoder.blocks.1"):
    LAYERS |= {
        f"{_block}.attn.qkv": ("Linear", "qkv"),
        f"{_block}.attn.proj": ("Linear", "projection"),
        f"{_block}.mlp.lin1": ("Linear", "MLP"),
        f"{_block}.mlp.act": ("GELU", "MLP"),
        f"{_block}.mlp.lin2": ("Linear", "MLP"),
    }
# What runs inside, besides modules, in one forward: path -> calls.
# scores: the product with the scale, the transposed keys, and their product; one softmax after it.
INSIDE_ATTENTION = {
    "attn.scores()": 3,
    "attn.add_decomposed_rel_pos()": 1,
    "attn.softmax()": 1,
    "attn.weighted_sum()": 1,
    "residual()": 2,
}
INSIDE_WINDOW_BLOCK = INSIDE_ATTENTION | {"window_partition()": 1, "window_unpartition()": 1}


def described(recording: samprof.Recording) -> dict[str, tuple[str, str]]:
    table = recording.layers()
    types, roles = column(table, "type"), column(table, "role")
    return {path: (types[path], roles[path]) for path in types}


@pytest.mark.parametrize(("granularity", "expected"), [("block", BLOCKS), ("layer", LAYERS)])
def test_rows_are_the_modules_of_the_granularity(
    encoder: nn.Module, image: Tensor, granularity: Any, expected: dict[str, tuple[str, str]]
) -> None:
    with torch.no_grad(), samprof.profile(encoder, granularity=granularity) as recording:
        encoder(image)
        encoder(image)
    assert described(recording) == expected
    assert calls(recording.layers()) == dict.fromkeys(expected, 2)


def test_rows_at_op_are_the_modules_and_the_functions_inside(
    encoder: nn.Module, image: Tensor
) -> None:
    with torch.no_grad(), samprof.profile(encoder, granularity="op") as recording:
        encoder(image)
        encoder(image)
    rows, found = calls(recording.layers()), described(recording)
    modules = {path: entry for path, entry in found.items() if not path.endswith("()")}
    assert modules == LAYERS
    for number, inside in enumerate([INSIDE_WINDOW_BLOCK, INSIDE_ATTENTION]):
        block = f"image_encoder.blocks.{number}"
        functions = {
            path.removeprefix(f"{block}."): rows[path]
            for path in rows
            if path.startswith(f"{block}.") and path.endswith("()") and "heads" not in path
        }
        assert functions == {name: 2 * count for name, count in inside.items()}
        assert found[f"{block}.attn.add_decomposed_rel_pos()"] == ("function", "relative position")
    window = "image_encoder.blocks.0.window_partition()"
    assert found[window] == ("function", "window partition")
    # A leaf of torch.nn is one op: no row says the same again.
    assert not [path for path in rows if path.startswith("image_encoder.neck.0.")]


def test_rows_come_as_first_entered_with_the_depth_of_their_nesting(
    encoder: nn.Module, image: Tensor
) -> None:
    with torch.no_grad(), samprof.profile(encoder) as recording:
        encoder(image)
    table = recording.layers()
    assert table["path"].tolist() == [*BLOCKS, OUTSIDE]
    depths = column(table, "depth")
    assert depths["image_encoder"] == 0
    assert depths["image_encoder.blocks.0"] == 1
    assert depths["image_encoder.blocks.0.attn"] == 2


def test_depth_is_that_of_the_first_time_a_module_is_entered(x: Tensor) -> None:
    net = nn.Sequential(Add())
    with samprof.profile(net, name="net") as recording:
        net(x)
        net[0](x)
    assert column(recording.layers(), "depth") == {"net": 0, "net.0": 1}


def test_block_means_two_levels_of_calls_in_a_module_that_is_not_known(x: Tensor) -> None:
    # The ModuleList is never called: it is no level and no row.
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleList([nn.Sequential(nn.Sequential(nn.Linear(2, 2)))])

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.parts[0](x)
            return result

    net = Net()
    with samprof.profile(net) as recording:
        net(x)
    assert list(calls(recording.layers())) == ["Net", "Net.parts.0", "Net.parts.0.0"]
    with samprof.profile(net, granularity="layer") as recording:
        net(x)
    assert list(calls(recording.layers()))[3:] == ["Net.parts.0.0.0"]


def test_name_is_the_first_part_of_every_path(x: Tensor) -> None:
    net = small_net()
    with samprof.profile(net, name="mine") as recording:
        net(x)
    assert list(calls(recording.layers())) == ["mine", "mine.0", "mine.1", "mine.1.0", "mine.1.1"]


def test_a_module_is_counted_as_often_as_it_is_called(x: Tensor) -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.part = Add()

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.part(self.part(x))
            return result

    net = Twice()
    with samprof.profile(net, name="net") as recording:
        net(x)
        net.part(x)
    assert calls(recording.layers()) == {"net": 1, "net.part": 3}


def test_a_module_under_two_names_has_one_row_by_its_first_name(x: Tensor) -> None:
    shared = Add()
    net = nn.Sequential(shared, nn.ReLU(), shared)
    with samprof.profile(net, name="net") as recording:
        net(x)
    assert calls(recording.layers()) == {"net": 1, "net.0": 2, "net.1": 1}


def test_recursion_counts_every_call_and_its_time_once(x: Tensor) -> None:
    net = Recursive()
    with samprof.profile(net, name="net") as recording:
        assert net(x, 4).tolist() == [[5.0, 5.0]]
    table = recording.layers()
    assert calls(table) == {"net": 4}
    assert column(table, "cpu_total_ns") == column(table, "cpu_self_ns")
    assert recording.trace.check().ok


@pytest.mark.parametrize("granularity", ["block", "layer", "op"])
@pytest.mark.parametrize("memory", [True, False])
def test_self_times_sum_to_the_total_of_the_root(
    encoder: nn.Module, image: Tensor, granularity: Any, memory: bool
) -> None:
    with (
        torch.no_grad(),
        samprof.profile(encoder, granularity=granularity, memory=memory) as recording,
    ):
        encoder(image)
    table, check = recording.layers(), recording.trace.check()
    root = table.set_index("path").loc["image_encoder"]
    assert table["cpu_self_ns"].sum() == root["cpu_total_ns"] == check.total_ns > 0
    assert (check.time_source, check.outside_ns, check.ok) == ("cpu", 0, True)


def test_work_outside_every_module_is_a_row_of_its_own(x: Tensor) -> None:
    net = Add()
    with samprof.profile(net, name="net") as recording:
        net(x)
        torch.relu(x)
    table = recording.layers()
    outside = table[table["path"] == OUTSIDE]["cpu_self_ns"].sum()
    assert table["cpu_self_ns"].sum() == table["cpu_total_ns"].sum() > outside > 0
    assert recording.trace.check().outside_ns == outside
