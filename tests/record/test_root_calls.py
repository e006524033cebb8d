"""The size of the root's input is kept for each call, whatever the input looks like."""

import threading
from typing import Any

import pytest
import torch
from torch import nn

import samprof
from samprof.record.root_calls import input_size

IMAGE = torch.ones(3, 8, 8)


class Anything(nn.Module):
    """Takes anything; calls itself once more where it is asked to."""

    def forward(self, *args: Any, again: bool = False, **kwargs: Any) -> torch.Tensor:
        return self(torch.ones(9, 1)) if again else torch.ones(1)


@pytest.mark.parametrize(
    ("args", "kwargs", "size"),
    [
        ((torch.ones(4, 3),), {}, 4),
        ((1.5, torch.ones(2, 3), torch.ones(7)), {}, 2),
        ((torch.tensor(1.0), torch.ones(5)), {}, 5),  # a scalar has no dimension
        ((), {"x": torch.ones(6, 1)}, 6),
        (([torch.ones(3), torch.ones(4)],), {}, 3),
        (({"pixel_values": torch.ones(8, 3)},), {}, 8),
        (([{"image": IMAGE}, {"image": IMAGE}],), {"multimask_output": False}, 2),  # as Sam.forward
        (([],), {}, 0),
        (("text", 3), {}, 0),
    ],
)
def test_the_size_of_an_input(args: tuple[Any, ...], kwargs: dict[str, Any], size: int) -> None:
    assert input_size(args, kwargs) == size


def test_each_call_of_the_root_is_kept_in_order() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    with samprof.profile(net, name="net") as recording:
        for size in (3, 1, 2):
            net(torch.ones(size, 2))
    kept = recording.trace.recorded["calls"]
    assert kept == {"net": [[threading.get_native_id(), size] for size in (3, 1, 2)]}


def test_calls_of_other_threads_and_of_itself() -> None:
    module = Anything()
    with samprof.profile(module, name="any") as recording:
        module(torch.ones(4, 1))
        thread = threading.Thread(target=module, args=(torch.ones(5, 1),))
        thread.start()
        thread.join()
        module(torch.ones(6, 1), again=True)
    kept = recording.trace.recorded["calls"]["any"]
    assert [size for _, size in kept] == [4, 5, 6, 9]
    mine = threading.get_native_id()
    assert [thread == mine for thread, _ in kept] == [True, False, True, True]


def test_nested_recordings_of_one_root_keep_a_call_once() -> None:
    net = nn.Linear(2, 2)
    with samprof.profile(net, name="net") as outer:
        net(torch.ones(1, 2))
        with samprof.profile(net, name="net"), samprof.profile(net, name="other"):
            net(torch.ones(2, 2))
    kept = outer.trace.recorded["calls"]
    assert [size for _, size in kept["net"]] == [1, 2]
    assert [size for _, size in kept["other"]] == [2]


def test_outside_of_a_recording_nothing_is_kept() -> None:
    net = nn.Linear(2, 2)
    with samprof.profile(net, name="net"):
        wrapped = net.forward
    wrapped(torch.ones(3, 2))
    with samprof.profile(net, name="net") as recording:
        net(torch.ones(1, 2))
    assert [size for _, size in recording.trace.recorded["calls"]["net"]] == [1]
