"""A recording leaves nothing behind, however it ends, and a forward that raises no open range."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import samprof
from samprof.record.options import Options, profiler_of
from tests.record.models import FailsInside, calls, column, small_net
from tests.record.snapshot import assert_untouched, world


@contextmanager
def untouched(*modules: nn.Module) -> Iterator[None]:
    before = world(*modules)
    yield
    assert_untouched(before, world(*modules))


def failing(error: BaseException) -> FailsInside:
    net = FailsInside()
    net.fail_with(error)
    return net


def test_the_snapshot_sees_what_a_recording_does(encoder: nn.Module) -> None:
    # Else the tests below would pass for nothing.
    before = world(encoder)
    with samprof.profile(encoder, granularity="op"):
        inside = world(encoder)
    for place, key in [
        ("module 0.blocks.0.attn", "forward"),
        ("segment_anything.modeling.image_encoder", "window_partition"),
        ("interpreter", "torch profiler"),
        ("samprof", "session"),
        ("samprof", "thread"),
        ("samprof", "replaced"),
    ]:
        assert before[place].get(key) is not inside[place][key]


def test_nothing_is_left_after_a_recording(encoder: nn.Module, image: Tensor) -> None:
    with untouched(encoder), torch.no_grad(), samprof.profile(encoder, granularity="op"):
        encoder(image)


def test_nothing_is_left_of_a_recording_that_was_never_entered(encoder: nn.Module) -> None:
    with untouched(encoder):
        samprof.profile(encoder, granularity="op")


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(1)], ids=repr)
def test_nothing_is_left_when_a_forward_raises(error: BaseException, x: Tensor) -> None:
    net = failing(error)
    profile = samprof.profile(net, granularity="op")
    with untouched(net), pytest.raises(type(error)) as caught, profile:
        net(x)
    assert caught.value is error


def test_nothing_is_left_when_the_body_raises(x: Tensor) -> None:
    net = small_net()
    nothing: dict[str, int] = {}
    with untouched(net), pytest.raises(KeyError, match="body"), samprof.profile(net) as recording:
        _ = net(x), nothing["body"]
    assert calls(recording.layers())["Sequential"] == 1


def test_nothing_is_left_when_the_last_step_ends_it(x: Tensor) -> None:
    net = small_net()
    with untouched(net), samprof.profile(net, steps=1) as recording:
        with pytest.raises(AssertionError):
            assert_untouched(world(net), {})
        net(x)
        recording.step()


def test_nothing_is_left_after_nested_recordings(encoder: nn.Module, image: Tensor) -> None:
    block = encoder.get_submodule("blocks.0")
    with untouched(encoder), torch.no_grad(), samprof.profile(encoder, granularity="op"):
        with samprof.profile(block, granularity="op", name="block"):
            encoder(image)
        encoder(image)


def test_nothing_is_left_when_one_profile_is_entered_again(x: Tensor) -> None:
    net = small_net()
    profile = samprof.profile(net)
    with untouched(net):
        for _ in range(2):
            with profile, profile:
                net(x)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_nothing_is_left_of_two_recordings_left_in_any_order(
    order: tuple[int, int], x: Tensor
) -> None:
    net = small_net()
    profiles = [samprof.profile(net, name="net"), samprof.profile(net[1], name="part")]
    with untouched(net):
        for profile in profiles:
            profile.__enter__()
        net(x)
        for number in order:
            profiles[number].__exit__(None, None, None)
            net(x)


def test_what_was_recorded_before_an_exception_is_there(x: Tensor) -> None:
    net = FailsInside()

    def work() -> None:
        net(x)
        net.fail_with(ValueError("late"))
        net(x)

    with pytest.raises(ValueError, match="late"), samprof.profile(net, name="net") as recording:
        work()
    assert calls(recording.layers()) == {
        "net": 2,
        "net.before": 2,
        "net.middle": 2,
        "net.middle.inner": 2,
        "net.after": 1,
    }
    assert recording.trace.check().ok


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("memory", [True, False])
def test_a_forward_that_raises_leaves_no_range_open(
    error: BaseException, memory: bool, x: Tensor
) -> None:
    net = failing(error)
    with samprof.profile(net, name="net", memory=memory) as recording:
        for _ in range(3):
            with pytest.raises(type(error)):
                net(x)
        net.fail_with(None)
        net(x)
    table = recording.layers()
    depths = {"net": 0, "net.before": 1, "net.middle": 1, "net.middle.inner": 2, "net.after": 1}
    assert column(table, "depth") == depths
    assert calls(table) == dict.fromkeys(depths, 4) | {"net.after": 1}
    nesting = recording.trace.ranges("samprof").nesting
    # Depth 0: net. Depth 1: before and middle in each call, after in the last. Depth 2: inner.
    assert sorted(nesting.depth.tolist()) == [0] * 4 + [1] * 9 + [2] * 4
    inner = nesting.parent >= 0
    assert (nesting.end[inner] <= nesting.end[nesting.parent[inner]]).all()
    assert recording.trace.check().ok


@pytest.mark.parametrize("memory", [True, False])
@pytest.mark.parametrize("moment", ["start", "end"])
def test_nothing_is_left_when_the_device_fails(
    moment: str, memory: bool, x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = small_net()
    # The devices are waited for before the profiler starts and before it stops.
    waits = iter([moment == "start", moment == "end"])

    def wait() -> None:
        if next(waits):
            raise RuntimeError("device lost")

    monkeypatch.setattr("samprof.record.session.synchronize", wait)
    profile = samprof.profile(net, memory=memory)
    with untouched(net), pytest.raises(RuntimeError, match="device lost"), profile:
        net(x)
    monkeypatch.undo()
    with samprof.profile(net, name="net", memory=memory) as recording:
        net(x)
    assert calls(recording.layers())["net"] == 1


@pytest.mark.parametrize("stacks", [True, False])
def test_what_the_profiler_held_is_gone_without_a_collection(
    stacks: bool, x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    def kept(options: Options) -> Any:
        made.append(profiler_of(options))
        return made[-1]

    monkeypatch.setattr("samprof.record.session.profiler_of", kept)
    net = small_net()
    with samprof.profile(net, stacks=stacks):
        net(x)
    (profiler,) = made
    assert profiler.profiler.kineto_results is None
    # Objects of Python's for all events take many times as long as all the rest of leaving.
    assert profiler.profiler._function_events is None
