"""Models that are not called as such: their methods, a `__call__` of their own, another object."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import samprof
from samprof.errors import UsageError
from samprof.record.ranges.methods import methods_of
from tests.record.models import Add, Holder, calls, column
from tests.record.snapshot import assert_untouched, world


class Coder(nn.Module):
    """An autoencoder: `forward` calls `encode` and `decode`, which may be called alone."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Add(1)
        self.decoder = Add(-1)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def encode(self, x: Tensor) -> Tensor:
        result: Tensor = self.encoder(self.prepare(x))
        return result

    def decode(self, x: Tensor) -> Tensor:
        result: Tensor = self.decoder(x)
        return result

    def prepare(self, x: Tensor) -> Tensor:
        return x * 2


class Renamed(Coder):
    """Inherits the methods."""

    def train(self, mode: bool = True) -> "Renamed":
        super().train(mode)
        return self


class Called(nn.Module):
    """Has a `__call__` of its own, and no forward."""

    def __init__(self, number: float = 1.0) -> None:
        super().__init__()
        self.part = Add(number)

    def __call__(self, x: Tensor) -> Tensor:
        result: Tensor = self.part(x)
        return result


def test_methods_are_public_and_of_the_model_s_own_classes() -> None:
    assert methods_of(Coder()) == ["encode", "decode", "prepare"]
    assert methods_of(Renamed()) == ["encode", "decode", "prepare"]
    assert methods_of(nn.Linear(1, 1)) == []


def test_a_method_called_from_outside_is_a_row_around_what_it_enters(x: Tensor) -> None:
    net = Coder()
    before = world(net)
    with samprof.profile(net, name="net") as recording:
        net.encode(x)
        net.prepare(x)  # enters nothing
    assert_untouched(before, world(net))
    table = recording.layers()
    assert calls(table) == {"net.encode()": 1, "net.encoder": 1}
    assert column(table, "depth") == {"net.encode()": 0, "net.encoder": 1}
    assert recording.trace.check().ok


def test_methods_that_the_forward_calls_are_no_rows(x: Tensor) -> None:
    net = Coder()
    with samprof.profile(net, name="net") as recording:
        net(x)
        net.decode(x)
    assert calls(recording.layers()) == {
        "net": 1,
        "net.encoder": 1,
        "net.decoder": 2,
        "net.decode()": 1,
    }
    assert recording.trace.check().ok


def test_a_method_that_is_asked_for_is_a_row_wherever_it_is_called(x: Tensor) -> None:
    net = Coder()
    with samprof.profile(net, name="net", methods=["prepare"]) as recording:
        net(x)
        net.prepare(x)
    assert calls(recording.layers()) == {
        "net": 1,
        "net.prepare()": 2,
        "net.encoder": 1,
        "net.decoder": 1,
    }


def test_calls_of_a_method_scale_as_those_of_a_model_do(tmp_path: Path) -> None:
    net = Coder()
    with samprof.profile(net, name="net") as recording:
        for size in (1, 4):
            net.encode(torch.ones(size, 2))
    assert recording.scaling().points()["size"].tolist() == [1, 4]


@pytest.mark.parametrize(
    ("methods", "words"),
    [
        (["sing"], "Coder has no method 'sing'; it has encode, decode, prepare"),
        (["encoder_"], "Coder has no method 'encoder_'; it has encode, decode, prepare"),
        (["forward"], "forward is recorded anyway; leave it out"),
        ("encode", "a text, not a list of names; write ['encode']"),
    ],
)
def test_what_is_no_method_is_one_line(methods: Any, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        samprof.profile(Coder(), methods=methods)
    assert str(caught.value) == f"profile: methods={methods!r}: {words}"


def test_a_class_with_a_call_of_its_own_is_recorded_by_instance(x: Tensor) -> None:
    net, other = Called(), Called(5)
    before = world(net, other)
    with samprof.profile(net, name="net") as recording:
        assert net(x).tolist() == [[2.0, 2.0]]
        assert other(x).tolist() == [[6.0, 6.0]]
        with samprof.profile(other, name="other"):
            net(x)
            other(x)
    assert_untouched(before, world(net, other))
    assert calls(recording.layers()) == {"net": 2, "net.part": 2, "other": 1, "other.part": 1}
    assert [size for _, size in recording.trace.recorded["calls"]["net"]] == [1, 1]


def test_a_part_with_a_call_of_its_own_is_a_row(x: Tensor) -> None:
    net = Holder([])
    net.add_module("part", Called())
    with samprof.profile(net, name="net") as recording:
        net(x)
    assert calls(recording.layers()) == {"net": 1, "net.part": 1, "net.part.part": 1}


def test_a_lazy_module_is_recorded_before_its_first_call(x: Tensor) -> None:
    net = nn.Sequential(nn.LazyLinear(3), nn.ReLU())
    with samprof.profile(net, name="net") as recording:
        net(x)
    table = recording.layers()
    assert calls(table) == {"net": 1, "net.0": 1, "net.1": 1}
    assert "no shape yet" in column(table, "note")["net.0"]
    assert column(table, "note")["net.1"] == ""
    with samprof.profile(net, name="net") as recording:
        net(x)
    assert column(recording.layers(), "note")["net.0"] == ""


def test_another_object_that_was_called_is_told(
    x: Tensor, capsys: pytest.CaptureFixture[str]
) -> None:
    net, other = Coder(), Coder()
    with samprof.profile(net, name="net") as recording:
        other(x)
    line = "nothing of net ran while it was recorded, but aten::"
    assert capsys.readouterr().err.startswith(f"samprof: {line}")
    (note,) = recording.layers().attrs["notes"]
    assert note.startswith(line)
    with samprof.profile(net), samprof.profile(other):
        net.encode(x)
    with samprof.profile(net):
        net.decoder(x)
    assert capsys.readouterr().err == ""
