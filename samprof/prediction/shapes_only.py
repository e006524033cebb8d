"""Runs ops on the meta device and counts the memory that their results would take."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

META = torch.device("meta")
_aten = torch.ops.aten


class ShapesOnly(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is entered, ops on the meta device give their results and are counted.

    The shapes of the commonest ops follow from a rule of a line; PyTorch's own way, which runs Python
    for each of them, takes ten times as long.

    Attributes:
        now, peak: bytes of all storages that are alive, and the most there were at one time.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._known: dict[int, int] = {}

    def hold(self, tensors: Iterable[Tensor]) -> None:
        """Counts what is there before."""
        for tensor in tensors:
            self._add(tensor)

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """The result of an op."""
        rule = None if kwargs and func is not _ATTENTION else _RULES.get(func)
        result = rule(*args) if rule is not None else None
        if result is None:
            result = func(*args, **(kwargs or {}))
        for one in pytree.tree_leaves(result):
            if isinstance(one, Tensor):
                self._add(one)
        return result

    def _add(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._known:
            return
        size = storage.nbytes()
        self._known[key] = size
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._drop, key)

    def _drop(self, key: int) -> None:
        self.now -= self._known.pop(key, 0)


def _arithmetic(a: Any, b: Any, *_: Any) -> Tensor | None:
    """Of two tensors on the meta device, or of one and a number."""
    if not isinstance(a, Tensor) or a.device != META:
        return None
    if not isinstance(b, Tensor):
        return torch.empty_like(a) if a.is_floating_point() else None
    if b.device != META or not a.is_floating_point() or a.dtype != b.dtype:
        return None
    if a.shape == b.shape and a.stride() == b.stride():
        return torch.empty_like(a)
    if a.is_contiguous() and b.is_contiguous():
        shape = torch.broadcast_shapes(a.shape, b.shape)  # type: ignore[no-untyped-call]
        return torch.empty(shape, dtype=a.dtype, device=META)
    return None


def _like_first(a: Tensor, *_: Any) -> Tensor | None:
    return torch.empty_like(a) if a.device == META and a.is_contiguous() else None


def _product(*given: Tensor) -> Tensor | None:
    """[..., m, k] @ [..., k, n], after a bias where there are three."""
    *_, a, b = given
    if any(one.device != META for one in given):
        return None
    return torch.empty((*a.shape[:-1], b.shape[-1]), dtype=a.dtype, device=META)


def _attention(q: Tensor, k: Tensor, v: Tensor, *_: Any) -> Tensor | None:
    """Fused kernels keep the layout of the queries, and no scores."""
    if any(one.device != META for one in (q, k, v)) or q.shape[-1] != v.shape[-1]:
        return None
    return torch.empty_like(q)


def _layer_norm(x: Tensor, shape: Any, *_: Any) -> tuple[Tensor, ...] | None:
    """The output with the mean and the deviation of each row."""
    if x.device != META or not x.is_contiguous():
        return None
    rows = (*x.shape[: x.dim() - len(shape)], *(1 for _ in shape))
    means = (torch.empty(rows, dtype=x.dtype, device=META) for _ in range(2))
    return torch.empty_like(x), *means


_ATTENTION = _aten.scaled_dot_product_attention.default
_RULES: dict[Any, Callable[..., Any]] = {
    _aten.add.Tensor: _arithmetic,
    _aten.sub.Tensor: _arithmetic,
    _aten.mul.Tensor: _arithmetic,
    _aten.div.Tensor: _arithmetic,
    _aten.gelu.default: _like_first,
    _aten._softmax.default: _like_first,
    _aten.mm.default: _product,
    _aten.bmm.default: _product,
    _aten.addmm.default: _product,
    _aten.native_layer_norm.default: _layer_norm,
    _ATTENTION: _attention,
}
"""Op -> its result where the rule holds, else None."""
