"""The size of a call: how large a batch its input is."""

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor


def size_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> int | None:
    """The first dimension of the first tensor among the arguments; None where there is no such tensor.

    A list of dicts is a batch of examples, as `Sam.forward` takes it: its size is its length.

    Args:
        args: positional arguments, searched first.
        kwargs: keyword arguments.

    Example:
        >>> import torch
        >>> size_of((torch.ones(4, 3),), {}), size_of(([{"image": torch.ones(3, 8, 8)}],), {})
        (4, 1)
    """
    if args and isinstance(args[0], Tensor) and not args[0].is_nested:  # nearly every call
        shape = args[0].shape
        if shape:
            return shape[0]
    return _first_size([*args, *kwargs.values()])


def _first_size(values: Iterable[Any]) -> int | None:
    for value in values:
        found: int | None = None
        if isinstance(value, Tensor):
            found = value.size(0) if value.ndim else None
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            found = len(value)
        elif isinstance(value, Mapping):
            found = _first_size(value.values())
        elif isinstance(value, list | tuple):
            found = _first_size(value)
        if found is not None:
            return found
    return None
