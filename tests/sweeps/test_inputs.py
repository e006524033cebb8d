"""What a sweep takes as inputs: one example that is repeated, or a function of the batch size."""

from collections import UserDict, namedtuple
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import samprof
from samprof.cli.main import main
from samprof.errors import UsageError
from samprof.sam.model.build import build_sam
from samprof.sweeps.inputs import Arguments, arguments_of, batched, wrong_arguments_named
from samprof.sweeps.measure.job import Job
from samprof.sweeps.measure.processes.forked import Forked
from samprof.sweeps.plan import Plan
from samprof.sweeps.target import Recipe
from tests.support.targets import WIDTH, Net

Pair = namedtuple("Pair", "first second")


class Masked(nn.Module):
    """Takes its mask by keyword only."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor, *, mask: Tensor, scale: float = 1.0) -> Tensor:
        del scale
        result: Tensor = self.linear(x * mask)
        return result


class Batch(UserDict):  # type: ignore[type-arg]
    """A mapping that is no dict, and unknown to pytree: as Hugging Face's BatchFeature."""


def text(inputs: Any, size: int = 3) -> str:
    return batched(inputs, Masked())(size).text()


def ones(*shape: int) -> Tensor:
    return torch.ones(*shape)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (ones(1, 2), "([3, 2])"),
        ((ones(1, 2), ones(1)), "([3, 2], [3])"),
        ({"x": ones(1, 2), "mask": ones(1)}, "(x=[3, 2], mask=[3])"),
        (((ones(1, 2),), {"mask": ones(1)}), "([3, 2], mask=[3])"),
        ((ones(1, 2), {"mask": ones(1)}), "([3, 2], dict)"),  # no tuple first: two arguments
        (((ones(1, 2), ones(1, 3)), {}), "([3, 2], [3, 3])"),
        (Batch(x=ones(1, 2)), "(x=[3, 2])"),
        (MappingProxyType({"x": ones(1, 2)}), "(x=[3, 2])"),
        ((ones(1, 2), ones(4, 2), torch.tensor(1.0)), "([3, 2], [4, 2], [])"),
        ({"x": ones(1, 2), "scale": 0.5, "mode": "fast"}, "(x=[3, 2], scale=0.5, mode=str)"),
    ],
)
def test_one_example_becomes_a_batch(inputs: Any, expected: str) -> None:
    assert text(inputs) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ones(2), "([2])"),
        ([ones(2)], "(list)"),
        ((ones(2), 3), "([2], 3)"),
        ({"x": ones(2)}, "(x=[2])"),
        (Batch(x=ones(2)), "(x=[2])"),
        (((ones(2),), {"mask": None}), "([2], mask=None)"),
        ((ones(2), {"mask": None}), "([2], dict)"),
        ((), "()"),
        (Arguments((1,)), "(1)"),
    ],
)
def test_a_function_gives_arguments_in_the_same_forms(value: Any, expected: str) -> None:
    assert arguments_of(value).text() == expected
    assert batched(lambda _: value, Net())(2).text() == expected


def test_every_example_of_the_batch_holds_the_values_of_the_one() -> None:
    example = torch.arange(6.0).reshape(1, 2, 3)
    (batch,) = batched(example, Net())(4).args
    assert all(torch.equal(one, example[0]) for one in batch)
    assert batch.is_contiguous()


def test_images_in_channels_last_stay_so() -> None:
    image = torch.ones(1, 3, 4, 5).to(memory_format=torch.channels_last)
    (batch,) = batched(image, nn.Identity())(2).args
    assert batch.is_contiguous(memory_format=torch.channels_last)
    assert not batch.is_contiguous()
    video = torch.ones(1, 3, 4, 5, 6).to(memory_format=torch.channels_last_3d)
    (batch,) = batched(video, nn.Identity())(2).args
    assert batch.is_contiguous(memory_format=torch.channels_last_3d)
    # A single channel lies the same in both.
    (batch,) = batched(torch.ones(1, 1, 4, 5), nn.Identity())(2).args
    assert batch.stride() == (20, 20, 5, 1)


def test_tensors_are_found_however_deep_they_lie() -> None:
    deep = {"levels": [ones(1, 2), Pair(ones(1, 3), (ones(5), "x"))], "in": Batch(x=ones(1, 4))}
    (found,) = batched((deep,), Net())(2).args
    assert found["levels"][0].shape == (2, 2)
    pair = found["levels"][1]
    assert type(pair) is Pair
    assert (pair.first.shape, pair.second[0].shape, pair.second[1]) == ((2, 3), (5,), "x")
    assert type(found["in"]) is Batch
    assert found["in"]["x"].shape == (2, 4)
    assert deep["in"]["x"].shape == (1, 4)  # the example is as it was


def test_a_list_of_one_item_is_a_batch_in_the_form_of_a_list() -> None:
    request = {"image": ones(3, 4), "original_size": (4, 4)}
    call = batched({"requests": [request], "x": ones(1, 2), "sides": [7]}, Net())(3)
    requests = call.kwargs["requests"]
    assert [one["image"].shape for one in requests] == [(3, 4)] * 3  # not repeated inside
    assert len({one["image"].data_ptr() for one in requests}) == 3  # as three images would lie
    assert [one["original_size"] for one in requests] == [(4, 4)] * 3
    assert call.kwargs["x"].shape == (3, 2)
    assert call.kwargs["sides"] == [7]  # a list of one number is a setting


TAKES = (
    "; forward(x, *, mask, scale=1.0) takes one example (tensors [1, ...], or a list of one item) "
    "or a function of the batch size"
)


@pytest.mark.parametrize(
    ("inputs", "line"),
    [
        (ones(3, 2), "sweep: inputs [3, 2]: not one example"),
        (torch.tensor(1.0), "sweep: inputs ([]): no tensor [1, ...] in them"),
        ((ones(2, 2), ones(1, 2)), "sweep: inputs[0] [2, 2]: not one example"),
        ({"x": ones(2, 2)}, "sweep: inputs['x'] [2, 2]: not one example"),
        ([ones(4), ones(4)], "sweep: inputs [4]: not one example"),
        ({"scale": 2.0}, "sweep: inputs (scale=2.0): no tensor [1, ...] in them"),
        ((), "sweep: inputs (): no tensor [1, ...] in them"),
        (None, "sweep: inputs (None): no tensor [1, ...] in them"),
    ],
)
def test_what_is_not_one_example_shows_what_the_forward_takes(inputs: Any, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        samprof.sweep(Masked(), inputs, [1])
    assert str(caught.value) == line + TAKES


def test_a_mapping_without_names_is_no_keyword_arguments() -> None:
    with pytest.raises(UsageError, match=r"inputs\[1\]: not a keyword argument"):
        batched({1: ones(1, 2)}, Net())
    assert text(({1: ones(1, 2)},)) == "(dict)"


def test_keyword_arguments_reach_every_part_of_a_sweep(tmp_path: Path) -> None:
    inputs = {"x": ones(1, WIDTH), "mask": ones(1, WIDTH), "scale": 2.0}
    run = samprof.sweep(Masked(), inputs, [1, 2], rounds=1, repeats=1, out=tmp_path)
    points = run.points()
    assert (points["status"] == "ok").all()
    assert run.layers()["path"].unique().tolist() == ["Masked", "Masked.linear", "(outside)"]
    # Weights of 16 * 16 + 16 numbers; per example two inputs and two intermediate results of 16.
    weights, example = 4 * (16 * 16 + 16), 4 * 4 * 16
    assert points["peak_memory_bytes"].tolist() == [weights + example, weights + 2 * example]


def test_sams_requests_are_repeated_as_a_list(tmp_path: Path) -> None:
    request = {"image": torch.zeros(3, 512, 384), "original_size": (512, 384)}
    inputs = {"batched_input": [request], "multimask_output": True}
    run = samprof.sweep(build_sam("small"), inputs, [2], rounds=1, repeats=1, out=tmp_path)
    calls = run.layers().groupby("path")["calls"].first()
    assert calls["sam.image_encoder"] == 1
    assert calls["sam.mask_decoder"] == 2  # one after the other: it takes one image


def test_a_call_with_wrong_arguments_shows_what_the_forward_takes(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        samprof.sweep(Masked(), lambda size: ones(size, WIDTH), [2], rounds=1, out=tmp_path)
    assert str(caught.value) == (
        "sweep: inputs ([2, 16]): Masked.forward() missing 1 required keyword-only argument: 'mask'; "
        "forward(x, *, mask, scale=1.0) takes a tuple, a dict of keyword arguments, or a tuple of "
        "both: ((x,), {'mask': y})"
    )


def test_a_type_error_inside_the_model_is_left_alone() -> None:
    with (
        pytest.raises(TypeError, match="inside"),
        wrong_arguments_named("sweep", Net(), Arguments((ones(1, WIDTH),))),
    ):
        raise TypeError("inside")


def test_a_factory_may_give_keyword_arguments(tmp_path: Path) -> None:
    recipe = Recipe("tests.support.targets:keyword_only")
    plan = Plan(recipe.make().description(), sizes=(2,), repeats=1, warmup=0)
    with Forked(recipe) as engine:
        sample = engine.measure(Job(plan, 2, tmp_path))
    assert (sample.status, sample.message) == ("ok", "")
    assert sample.layers["path"] == ["net", "net.first", "net.second", "(outside)"]


def test_a_factory_with_wrong_arguments_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    factory = "tests.support.targets:wrong_keyword"
    assert main(["record", "--factory", factory, "--out", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "record: inputs (y=[1, 16]): Net.forward() got an unexpected keyword" in line
    assert "; forward(x) takes " in line
