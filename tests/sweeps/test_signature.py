"""Signatures in words, and what they go with."""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from samprof.sweeps.signature import accepts, signature_text


class Wrapped(nn.Module):
    @torch.no_grad()
    def forward(self, x: torch.Tensor, *more: int, kind: type = int, name: str = "a") -> None:
        pass


def given_more(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return call


def test_types_are_left_out_and_long_defaults_shortened() -> None:
    assert signature_text(Wrapped()) == "forward(x, *more, kind=..., name='a')"
    assert signature_text(given_more(accepts)) == "accepts(call, args, kwargs)"
    assert signature_text(nn.DataParallel(nn.Linear(1, 1))) == "forward(*inputs, **kwargs)"
    assert signature_text(torch.add) == "add(...)"  # written in C++


def test_the_signature_below_decorators_counts() -> None:
    assert accepts(Wrapped(), (1, 2), {"name": "b"})
    assert not accepts(Wrapped(), (), {"name": "b"})
    assert not accepts(Wrapped(), (1,), {"other": 1})
    assert accepts(torch.add, (), {})  # not known: not refused


def test_of_a_class_that_overrides_its_call_that_counts() -> None:
    class Called(nn.Module):
        def __call__(self, x: int, y: int = 2) -> int:
            return x + y

    assert signature_text(Called()) == "__call__(x, y=2)"
    assert accepts(Called(), (1,), {})
    assert not accepts(Called(), (1, 2, 3), {})
