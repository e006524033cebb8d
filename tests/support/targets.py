"""Targets for sweeps in tests: tiny, and some that fail in a chosen way."""

import os
import signal
import time

import torch
from torch import nn

from samprof.record.ranges.labels import ModelLabels
from samprof.sweeps.target import Target
from tests.support.hostile import EVIL, FORMULA

WIDTH = 16


class Net(nn.Module):
    """Two linear layers below a name each."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(WIDTH, WIDTH)
        self.second = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x))


class Fails(Net):
    """Raises from a batch size on."""

    def __init__(self, at: int, error: type[Exception], text: str) -> None:
        super().__init__()
        self.at, self.error, self.text = at, error, text

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) >= self.at:
            raise self.error(self.text)
        return super().forward(x)


class Dies(Net):
    """Its process is killed from a batch size on."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) >= self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(x)


class Slow(Net):
    """Takes its time, so that a test can interrupt it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        time.sleep(0.05 * len(x))
        return super().forward(x)


def example(size: int) -> tuple[torch.Tensor]:
    return (torch.ones(size, WIDTH),)


def net() -> Target:
    return Target(Net(), example, ModelLabels(name="net"), label="tiny")


def hostile() -> Target:
    """A module whose names a terminal would obey."""
    module = nn.Sequential()
    module.add_module(EVIL, nn.Linear(WIDTH, WIDTH))
    module.add_module(FORMULA.replace(".", "-"), nn.Linear(WIDTH, WIDTH))
    labels = ModelLabels(name=EVIL, roles={EVIL: EVIL})
    return Target(module, example, labels, label=EVIL, notes=(EVIL,))


def out_of_memory_at_four() -> Target:
    module = Fails(4, torch.OutOfMemoryError, "tried to allocate too much")
    return Target(module, example, ModelLabels(name="net"))


def killed_at_four() -> Target:
    return Target(Dies(4), example, ModelLabels(name="net"))


def keyword_only() -> Target:
    return Target(Net(), lambda size: {"x": torch.ones(size, WIDTH)}, ModelLabels(name="net"))


def wrong_keyword() -> Target:
    return Target(Net(), lambda size: {"y": torch.ones(size, WIDTH)}, ModelLabels(name="net"))


def slow() -> Target:
    return Target(Slow(), example, ModelLabels(name="net"))


def not_a_target() -> int:
    return 1
