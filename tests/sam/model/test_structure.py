"""Repeated blocks, whatever their classes are called, and what wrappers hold."""

import torch
from torch import nn

from samprof.sam.model.structure import (
    called_depth,
    is_inside,
    repeated_blocks,
    rows_of_blocks,
    unwrapped,
)
from tests.support.strangers import RepViT


def test_the_innermost_repeated_modules_with_parts_are_blocks() -> None:
    # Of features the stem and two stages are of one class; the stages have blocks inside.
    assert repeated_blocks(RepViT()) == [
        "features.0",
        *[f"features.{stage}.{n}" for stage in (1, 2) for n in (0, 1)],
    ]
    assert repeated_blocks(nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))) == []
    assert repeated_blocks(nn.ModuleDict({"a": nn.Sequential(nn.ReLU())})) == []


def test_rows_are_blocks_what_is_around_them_and_their_parts_with_parts() -> None:
    assert rows_of_blocks(RepViT(), ["features.1.0"]) == {
        "features",
        "features.1",
        "features.1.0",
        "features.1.0.token_mixer",
        "features.1.0.channel_mixer",
    }


def test_lists_are_not_called() -> None:
    model = nn.ModuleDict({"layers": nn.ModuleList([nn.Sequential(nn.ReLU())])})
    assert called_depth(model, "layers.0.0") == 2


def test_a_path_is_inside_itself_and_the_root() -> None:
    assert is_inside("a.b", "a.b")
    assert is_inside("a.b", "")
    assert not is_inside("ab", "a")


def test_wrappers_are_looked_through() -> None:
    inner = nn.Linear(1, 1)
    compiled = torch.compile(inner)
    assert unwrapped(compiled) == (inner, "_orig_mod")  # type: ignore[arg-type]
    assert unwrapped(nn.DataParallel(compiled)) == (inner, "module._orig_mod")  # type: ignore[arg-type]
    assert unwrapped(inner) == (inner, "")
