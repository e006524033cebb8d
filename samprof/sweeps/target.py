"""What is measured, and how a process of its own makes it again."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samprof.errors import UsageError

if TYPE_CHECKING:
    from torch import nn

    from samprof.record.ranges.labels import ModelLabels
    from samprof.sweeps.inputs import Arguments


@dataclass(frozen=True)
class Change:
    """How the module is altered before it is timed, and how far its results may then stray.

    Attributes:
        apply: alters it, for good.
        tolerance: the largest relative error that still counts as the same result.
        result: what is compared, called with the inputs; None for what is timed.
        dtype: what the matrix products run in afterwards; None where that stays as it was.
        holds_memory: whether what the first call allocates stays in use without being counted, as the
            memory pool of a CUDA graph does.
        captures: whether the first call captures graphs, which later ones replay. It is recorded, so
            that replays in later recordings are split by layer.
    """

    apply: Callable[[], None]
    tolerance: float
    result: Callable[..., Any] | None = None
    dtype: str | None = None
    holds_memory: bool = False
    captures: bool = False


@dataclass(frozen=True)
class Target:
    """A module with its inputs.

    Attributes:
        module: called with `arguments(size)`.
        inputs: what it takes for a batch size: a tuple of positional arguments, a mapping of keyword
            arguments, a tuple of both, or anything else as its only argument.
        labels: names and roles of the module's parts.
        label: what to call the model in titles.
        call: what is run on the inputs where that is more than the module's forward: a pipeline
            that uses the module.
        change: what makes it the variant that is asked for; its results are compared first.
        units: units of work that one call does, where they are not those of the batch size.
        at: the target for a batch size, where the module itself depends on it.
        outcome: says what a call gave, in words for a reader of the times.
        notes: what a reader of the times should know besides.
        inputs_note: says of a batch size which inputs are left out, repeated or made up; empty where
            none is.
    """

    module: nn.Module
    inputs: Callable[[int], Any]
    labels: ModelLabels
    label: str = ""
    call: Callable[..., Any] | None = None
    change: Change | None = None
    units: Callable[[int], float] | None = None
    at: Callable[[int], Target] | None = None
    outcome: Callable[[Any], str] | None = None
    notes: tuple[str, ...] = ()
    inputs_note: Callable[[int], str] | None = None

    @property
    def dtype(self) -> str:
        """What the matrix products run in, once the change is applied."""
        changed = self.change.dtype if self.change is not None else None
        return changed or self.description()["dtype"]

    def arguments(self, size: int) -> Arguments:
        """The arguments of a call for a batch size.

        Raises:
            UsageError: `inputs` gives a mapping whose keys are no names.
        """
        from samprof.sweeps.inputs import arguments_of

        return arguments_of(self.inputs(size))

    def description(self) -> dict[str, Any]:
        """What tells this target from others, as plain data.

        Raises:
            UsageError: the module has to be called once first.
        """
        from torch.nn.parameter import is_lazy

        tensors = list(self.module.parameters())
        if any(map(is_lazy, tensors)):
            cause = "some parameters have no shape before the first call"
            raise UsageError("sweep", type(self.module).__name__, cause, "call it once first")
        return {
            "module": f"{type(self.module).__module__}.{type(self.module).__qualname__}",
            "name": self.labels.name or type(self.module).__name__,
            "label": self.label,
            "parameters": sum(tensor.numel() for tensor in tensors),
            "device": str(tensors[0].device) if tensors else "cpu",
            "dtype": str(tensors[0].dtype).removeprefix("torch.") if tensors else "",
        }


@dataclass(frozen=True)
class Recipe:
    """How to make a target anywhere: a function and its arguments, both plain data.

    Attributes:
        factory: `package.module:function`, which returns a `Target`.
        arguments: keyword arguments, JSON values only.
        folder: where the user's own module is looked for, after all other places.
    """

    factory: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    folder: str = ""

    @classmethod
    def of_user(cls, factory: str) -> Recipe:
        """A factory that the user names: it may lie in the current directory."""
        return cls(factory, folder=str(Path.cwd()))

    def make(self) -> Target:
        """The target.

        Raises:
            UsageError: there is no such function.
            SamprofError: whatever the function says.
        """
        if self.folder and self.folder not in sys.path:
            sys.path.append(self.folder)  # last: no file there takes the place of another module
        module, _, name = self.factory.partition(":")
        try:
            function = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            remedy = "write it as package.module:function"
            raise UsageError("sweep", self.factory, f"no such function ({error})", remedy) from None
        target = function(**self.arguments)
        if not isinstance(target, Target):
            remedy = "return samprof.sweeps.target.Target"
            raise UsageError("sweep", self.factory, "it does not return a Target", remedy)
        return target
