"""Variants: results are compared before anything is timed."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from samprof.sweeps.inputs import Arguments
from samprof.sweeps.measure.engines import Job, ThisProcess
from samprof.sweeps.measure.prepare import DeviatesError, prepare, relative_error
from samprof.sweeps.plan import Plan
from samprof.sweeps.target import Change, Target
from tests.support.targets import Net, example, net

CPU = torch.device("cpu")


def arguments(size: int) -> Arguments:
    return Arguments(example(size))


def changed(off: float, tolerance: float) -> Target:
    """The tiny net, whose second layer's weights are changed by a factor of 1 + off."""
    target = net()
    module = target.module
    assert isinstance(module, Net)
    torch.nn.init.zeros_(module.second.bias)

    def apply() -> None:
        with torch.no_grad():
            module.second.weight *= 1 + off

    return replace(target, change=Change(apply, tolerance))


def test_the_error_is_relative_to_what_was_expected() -> None:
    expected = [torch.tensor([3.0]), torch.tensor([[0.0, 4.0]])]  # norm 5
    found = [torch.tensor([3.0]), torch.tensor([[3.0, 8.0]])]  # off by (0, 3, 4): norm 5
    assert relative_error(found, expected) == 1.0
    assert relative_error(expected, expected) == 0.0
    assert relative_error([torch.zeros(2)], [torch.zeros(2)]) == 0.0
    assert relative_error([torch.ones(2)], [torch.zeros(2)]) == math.inf
    assert relative_error([torch.zeros(2)], [torch.zeros(3)]) == math.inf
    assert relative_error([], [torch.zeros(3)]) == math.inf


def test_a_small_deviation_is_measured() -> None:
    target = changed(0.01, 0.02)
    prepared = prepare(target, target.module, arguments(2), CPU)
    assert prepared is not None
    assert prepared.error == pytest.approx(0.01, rel=1e-3)
    assert prepared.time_ns > 0


def test_nothing_is_compared_without_a_change() -> None:
    target = net()
    assert prepare(target, target.module, arguments(1), CPU) is None


def test_keyword_arguments_are_compared_too() -> None:
    target = changed(0.01, 0.02)
    prepared = prepare(target, target.module, Arguments((), {"x": example(2)[0]}), CPU)
    assert prepared is not None
    assert prepared.error == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("off", [0.5, math.nan])
def test_a_large_deviation_is_not_timed(off: float, tmp_path: Path) -> None:
    target = changed(off, 0.02)
    with pytest.raises(DeviatesError, match="not timed"):
        prepare(target, target.module, arguments(2), CPU)
    plan = Plan(target=net().description(), sizes=(2,), repeats=1, variant="wild")
    engine = ThisProcess(lambda: changed(off, 0.02))
    point = engine.measure(Job(plan, 2, tmp_path), lambda _: None)
    assert (point.status, point.wall_ns) == ("failed", [])
    assert point.message.startswith("differs from eager float32 by ")
    assert point.message.endswith("more than 0.02: not timed")
    assert point.error_limit == 0.02
    assert (point.relative_error is None) == math.isnan(off)


def test_what_is_compared_may_be_less_than_what_is_timed() -> None:
    target = changed(0.5, 0.02)
    assert target.change is not None
    module = target.module
    assert isinstance(module, Net)
    only_first = replace(target, change=replace(target.change, result=module.first))
    prepared = prepare(only_first, target.module, arguments(2), CPU)
    assert prepared is not None
    assert prepared.error == 0.0


def test_the_pool_of_a_graph_is_held_from_its_capture_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a graph captures is freed into its own pool: the allocator's peak of a replay leaves it out.
    seen: list[str] = []
    target = changed(0.01, 0.02)
    change = target.change
    assert change is not None

    def apply() -> None:
        seen.append("apply")

    def call(x: torch.Tensor) -> torch.Tensor:
        seen.append("call")
        return x

    def peak(_: torch.device) -> int:
        seen.append("peak")
        return 7 * 2**30

    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda _: seen.append("reset"))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", peak)
    target = replace(target, change=replace(change, apply=apply, holds_memory=True))
    prepared = prepare(target, call, arguments(2), torch.device("cuda"))
    assert prepared is not None
    assert prepared.held_bytes == 7 * 2**30
    assert seen == ["call", "apply", "reset", "call", "peak", "call"]
    counted = replace(target, change=change)
    prepared = prepare(counted, call, arguments(2), torch.device("cuda"))
    assert prepared is not None
    assert prepared.held_bytes == 0
