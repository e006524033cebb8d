"""What a callable takes, in words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from samprof.record.ranges.select import has_forward

_PLAIN = (type(None), bool, int, float, str)


def signature_text(call: Callable[..., Any]) -> str:
    """Name and parameters, without types; those of the forward for a module.

    Example:
        >>> signature_text(nn.Linear(2, 2))
        'forward(input)'
    """
    function = _function(call)
    name = getattr(function, "__name__", type(function).__name__)
    signature = _signature(function)
    if signature is None:
        return f"{name}(...)"
    shown = [_without_type(parameter) for parameter in signature.parameters.values()]
    return f"{name}{inspect.Signature(shown)}"


def accepts(call: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether the parameters go with these arguments, as far as they are known."""
    signature = _signature(_function(call))
    if signature is None:
        return True
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _function(call: Callable[..., Any]) -> Callable[..., Any]:
    if not isinstance(call, nn.Module):
        return call
    return call.forward if has_forward(call) else call.__call__


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    """The signature; None for functions that have none, such as those of C++."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _without_type(parameter: inspect.Parameter) -> inspect.Parameter:
    default = parameter.default
    if default is not inspect.Parameter.empty and not isinstance(default, _PLAIN):
        default = _Shortened()
    return parameter.replace(annotation=inspect.Parameter.empty, default=default)


class _Shortened:
    """A default value whose text may be of any length."""

    def __repr__(self) -> str:
        return "..."
