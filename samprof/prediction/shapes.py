"""A forward on torch's meta device: every op with its shapes, and the memory it would take."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from samprof.errors import ModelError, first_line
from samprof.prediction.shapes_only import META, ShapesOnly
from samprof.record.profile import Profile
from samprof.record.ranges.labels import ModelLabels
from samprof.sweeps.inputs import Arguments
from samprof.trace import Trace


@dataclass(frozen=True, slots=True)
class Shapes:
    """One forward, as far as shapes tell.

    Attributes:
        trace: its ops with the shapes of their inputs, and the layers around them.
        peak_memory_bytes: weights, inputs and the most that is allocated at one time, without what
            kernels need besides.
    """

    trace: Trace
    peak_memory_bytes: int


def on_meta(module: nn.Module) -> nn.Module:
    """A copy of the module on the meta device; the module's own weights are not copied."""
    held = [*module.parameters(), *module.buffers()]
    memo: dict[int, Any] = {id(one): _empty(one) for one in held}
    return copy.deepcopy(module, memo).eval()


def arguments_on_meta(arguments: Arguments, dtype: torch.dtype | None = None) -> Arguments:
    """The same arguments with tensors that hold nothing.

    Args:
        arguments: of a call.
        dtype: what floating-point tensors are converted to; None: as they are.
    """

    def emptied(tensor: Tensor) -> Tensor:
        to = dtype if tensor.is_floating_point() else None
        return torch.empty_like(tensor, device=META, dtype=to)

    args, kwargs = pytree.tree_map_only(Tensor, emptied, (arguments.args, dict(arguments.kwargs)))
    return Arguments(args, kwargs)


def shapes_of(
    module: nn.Module,
    arguments: Arguments,
    labels: ModelLabels,
    *,
    granularity: str = "block",
    name: str | None = None,
) -> Shapes:
    """One forward of a module on the meta device.

    Args:
        module: on the meta device.
        arguments: likewise.
        labels: names and roles of its parts.
        granularity: which layers become rows.
        name: what to call the module.

    Raises:
        ModelError: something in its forward needs values, which the meta device has not.
    """
    profile = Profile(module, name=name, granularity=granularity, labels=labels, memory=False)
    held = [*module.parameters(), *module.buffers(), *arguments.tensors()]
    with (
        torch.inference_mode(),
        META,
        _needing_values_named(module),
        profile as recording,
        ShapesOnly() as allocations,
    ):
        allocations.hold(held)
        arguments.call(module)
    return Shapes(recording.trace, allocations.peak)


@contextmanager
def _needing_values_named(module: nn.Module) -> Iterator[None]:
    """Forwards inside: one that asks a meta tensor for a value is an error of the user's.

    Raises:
        ModelError: instead of what torch raises.
    """
    try:
        yield
    except (NotImplementedError, RuntimeError) as error:
        cause = f"its forward does not run on shapes alone ({first_line(error)})"
        remedy = "predict a part of it, or a recorded run of it"
        raise ModelError("predict", type(module).__name__, cause, remedy) from error


def _empty(tensor: Tensor) -> Tensor:
    made = torch.empty_like(tensor, device=META)
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(made, requires_grad=False)
    return made
