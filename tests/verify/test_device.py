"""What the checks ask of a CUDA device, on a stand-in for `torch.cuda` that notes what is called."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
import torch

from samprof.verify.device import Cuda


class Noted:
    """An event or a stream; its calls stand in `said`.

    Attributes:
        said: what was called, in order.
        reached: whether the device has reached the events.
    """

    said: list[str]
    reached: bool = False

    def __init__(self, **options: bool) -> None:
        self.said.append(f"made {options}" if options else "made")

    def record(self) -> None:
        self.said.append("record")

    def query(self) -> bool:
        return self.reached

    def elapsed_time(self, other: Noted) -> float:
        """Milliseconds, as torch gives them."""
        return 1.5

    def wait_stream(self, other: str) -> None:
        self.said.append(f"wait for {other}")


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was called."""
    calls: list[str] = []
    monkeypatch.setattr(Noted, "said", calls, raising=False)
    stand_ins: dict[str, Any] = {
        "Event": Noted,
        "Stream": Noted,
        "current_stream": lambda: "the current one",
        "stream": lambda stream: nullcontext(stream),
        "synchronize": lambda: calls.append("synchronize"),
        "_sleep": lambda cycles: calls.append(f"sleep {cycles}"),
    }
    for name, stand_in in stand_ins.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)
    return calls


def test_marks_are_timed_events_and_their_distance_is_in_nanoseconds(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Cuda()
    first, second = device.mark(), device.mark()
    assert said == ["made {'enable_timing': True}", "record"] * 2
    assert device.ns_between(first, second) == 1_500_000.0
    assert device.passed(first) is False
    monkeypatch.setattr(Noted, "reached", True)
    assert device.passed(first) is True


def test_the_device_is_held_for_as_many_cycles_as_that_time_has(said: list[str]) -> None:
    device = Cuda()
    device.hold(0.25)
    device.synchronize()
    assert said == ["sleep 500000000", "synchronize"]
    assert (device.torch_device, device.is_gpu) == (torch.device("cuda"), True)


def test_each_stream_begins_after_what_is_queued_already(said: list[str]) -> None:
    made = []
    for context in Cuda().streams(2):
        with context as stream:
            made.append(stream)
    assert said == ["made", "wait for the current one"] * 2
    assert made[0] is not made[1]
