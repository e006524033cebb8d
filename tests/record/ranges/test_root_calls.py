"""The size of the root's input is kept for each call."""

import threading
from typing import Any

import torch
from torch import nn

import samprof


class Anything(nn.Module):
    """Takes anything; calls itself once more where it is asked to."""

    def forward(self, *args: Any, again: bool = False, **kwargs: Any) -> torch.Tensor:
        return self(torch.ones(9, 1)) if again else torch.ones(1)


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
