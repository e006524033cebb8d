"""What a module is called with: arguments for a batch size, from one example or from a function."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from samprof.errors import UsageError
from samprof.sweeps.signature import accepts, signature_text

_ONE = "takes one example (tensors [1, ...], or a list of one item) or a function of the batch size"
_SOME = "takes a tuple, a dict of keyword arguments, or a tuple of both: ((x,), {'mask': y})"


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call.

    Attributes:
        args: the positional ones.
        kwargs: the keyword ones.
    """

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def call(self, function: Callable[..., Any]) -> Any:
        """What the function returns for them."""
        return function(*self.args, **self.kwargs)

    def tensors(self) -> list[Tensor]:
        """The tensors in them, each once."""
        found = {id(tensor): tensor for _, value in self._named() for tensor in _tensors(value)}
        return list(found.values())

    def text(self) -> str:
        """The call, with shapes for tensors and types for the rest.

        Example:
            >>> Arguments((torch.ones(1, 8),), {"mask": None}).text()
            '([1, 8], mask=None)'
        """
        positional = [_value_text(value) for value in self.args]
        named = [f"{name}={_value_text(value)}" for name, value in self.kwargs.items()]
        return f"({', '.join([*positional, *named])})"

    def repeated(self, size: int) -> Arguments:
        """Those of a batch, from those of one example; see `batched`."""
        kwargs = {name: _repeated(value, size) for name, value in self.kwargs.items()}
        return Arguments(tuple(_repeated(value, size) for value in self.args), kwargs)

    def _named(self) -> Iterator[tuple[str, Any]]:
        """Each argument with its index, as Python writes it: `[0]`, `['mask']`."""
        yield from ((f"[{place}]", value) for place, value in enumerate(self.args))
        yield from ((f"[{name!r}]", value) for name, value in self.kwargs.items())


def arguments_of(value: Any) -> Arguments:
    """The arguments that a value stands for.

    A mapping stands for keyword arguments, a tuple for positional ones, a tuple of a tuple and a
    mapping for both; anything else is the only argument.

    Raises:
        UsageError: a mapping whose keys are no names.

    Example:
        >>> [arguments_of(value).text() for value in (1, (1, 2), {"x": 1}, ((1,), {"x": 2}))]
        ['(1)', '(1, 2)', '(x=1)', '(1, x=2)']
    """
    if isinstance(value, Arguments):
        return value
    if isinstance(value, Mapping):
        return Arguments((), _keywords(value))
    if not isinstance(value, tuple):
        return Arguments((value,))
    if len(value) == 2 and isinstance(value[0], tuple) and isinstance(value[1], Mapping):
        return Arguments(value[0], _keywords(value[1]))
    return Arguments(value)


def batched(inputs: Any, module: nn.Module) -> Callable[[int], Arguments]:
    """A function from a batch size to the arguments of a call.

    One example becomes a batch argument by argument: every tensor `[1, ...]` in it is repeated, however
    deep it lies in what `torch.utils._pytree` flattens and in mappings; a list of one item becomes a
    list of so many, each with tensors of its own. Everything else stays as it is: other tensors,
    numbers, lists of one number.

    Args:
        inputs: one example, or a function of the batch size; both give arguments as `arguments_of`
            reads them.
        module: what is called; an error shows the signature of its forward.

    Raises:
        UsageError: the first argument with a tensor or a list of one item does not hold one example,
            or there is none.

    Example:
        >>> arguments = batched({"x": torch.ones(1, 8), "scale": 2.0}, nn.Identity())
        >>> arguments(3).text()
        '(x=[3, 8], scale=2.0)'
    """
    if callable(inputs) and not isinstance(inputs, Tensor | Mapping):
        function = inputs
        return lambda size: arguments_of(function(size))
    example = arguments_of(inputs)
    _check_one_example(example, module)
    return example.repeated


@contextmanager
def wrong_arguments_named(
    operation: str, call: Callable[..., Any], arguments: Arguments
) -> Iterator[None]:
    """Calls inside: one with arguments that the callable does not take shows what it takes.

    Raises:
        UsageError: instead of the `TypeError` of such a call.
    """
    try:
        yield
    except TypeError as error:
        if accepts(call, arguments.args, arguments.kwargs):
            raise  # from something inside
        subject = f"inputs {arguments.text()}"
        raise UsageError(
            operation, subject, str(error), f"{signature_text(call)} {_SOME}"
        ) from error


def _check_one_example(example: Arguments, module: nn.Module) -> None:
    """The first argument that can tell must hold one example: else what is repeated is no batch."""
    remedy = f"{signature_text(module)} {_ONE}"
    for where, argument in example._named():
        if _is_list_of_one(argument):
            return
        first = next((tensor for tensor in _tensors(argument) if tensor.dim()), None)
        if first is not None:
            if first.shape[0] == 1:
                return
            is_only = len(example.args) == 1 and not example.kwargs
            subject = f"inputs{'' if is_only else where} {list(first.shape)}"
            raise UsageError("sweep", subject, "not one example", remedy)
    raise UsageError("sweep", f"inputs {example.text()}", "no tensor [1, ...] in them", remedy)


def _keywords(value: Mapping[Any, Any]) -> dict[str, Any]:
    for key in value:
        if not isinstance(key, str):
            remedy = "give names, or wrap a dict that is an argument itself: (dict,)"
            raise UsageError("sweep", f"inputs[{key!r}]", "not a keyword argument", remedy)
    return {key: value[key] for key in value}


def _repeated(argument: Any, size: int) -> Any:
    if _is_list_of_one(argument):
        return [_with_tensors(argument[0], torch.clone) for _ in range(size)]
    return _with_tensors(argument, lambda tensor: _expanded(tensor, size))


def _expanded(tensor: Tensor, size: int) -> Tensor:
    if tensor.dim() == 0 or tensor.shape[0] != 1:
        return tensor
    repeated = tensor.expand(size, *tensor.shape[1:])
    return repeated.contiguous(memory_format=_memory_format(tensor))


def _memory_format(tensor: Tensor) -> torch.memory_format:
    """How the tensor lies in memory, where it is as `contiguous` can make another lie."""
    last = {4: torch.channels_last, 5: torch.channels_last_3d}.get(tensor.dim())
    if last is None or tensor.is_contiguous() or not tensor.is_contiguous(memory_format=last):
        return torch.contiguous_format
    return last


def _is_list_of_one(argument: Any) -> bool:
    """Whether it is a batch in the form of a list; a list of one number is a setting."""
    return type(argument) is list and len(argument) == 1 and not _is_setting(argument[0])


def _is_setting(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | complex)


def _with_tensors(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """The value with changed tensors. Mappings that pytree does not know are copied, whatever else."""

    def changed(leaf: Any) -> Any:
        if isinstance(leaf, Tensor):
            return change(leaf)
        if not isinstance(leaf, Mapping):
            return leaf
        items = {key: _with_tensors(leaf[key], change) for key in leaf}
        if not isinstance(leaf, MutableMapping):
            return items
        copied = copy.copy(leaf)
        copied.update(items)
        return copied

    return pytree.tree_map(changed, value)


def _tensors(value: Any) -> Iterator[Tensor]:
    for leaf in pytree.tree_leaves(value):
        if isinstance(leaf, Tensor):
            yield leaf
        elif isinstance(leaf, Mapping):
            for key in leaf:
                yield from _tensors(leaf[key])


def _value_text(value: Any) -> str:
    if isinstance(value, Tensor):
        return str(list(value.shape))
    return repr(value) if _is_setting(value) else type(value).__name__
