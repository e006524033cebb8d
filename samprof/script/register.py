"""Which root a module belongs to, or a function around a model."""

from __future__ import annotations

import weakref
from collections.abc import Hashable

from torch import nn

from samprof.record.ranges.select import inner_module
from samprof.script.module_names import is_meant, name_of, parts_meant
from samprof.script.roots import MOST_ROOTS, Root, Settings


class Register:
    """Roots by the module that they were made for.

    Attributes:
        roots: in the order in which they were found.
        known: by the `id` of a module, or of a model with the label of a function around it; None
            for what is not recorded itself.
        others: stands for all roots that came after `MOST_ROOTS` of them.
    """

    def __init__(self, settings: Settings) -> None:
        self.roots: list[Root] = []
        self.others = Root("(other modules)", "", "", is_recorded=False)
        self._wanted = settings.modules
        self.known: dict[Hashable, Root | None] = {}
        self._modules: dict[Hashable, weakref.ref[nn.Module]] = {}
        self._owners: dict[str, weakref.ref[nn.Module]] = {}

    def add_module(self, module: nn.Module, *, is_outermost: bool) -> None:
        """Finds out which root the calls of a module belong to.

        Args:
            module: what is called.
            is_outermost: whether it is called inside no other module, recorded or not.
        """
        if getattr(module, "_is_replica", False):  # DataParallel makes new ones for every call
            return
        if type(module).__module__ == "torch.jit._trace":  # it only leads to a model that is traced
            self._keep(id(module), module, None)
            return
        name = name_of(module)
        if not self._wanted or is_meant(module, self._wanted):
            self._keep(id(module), module, self._found(name, name, module))
            return
        self._keep(id(module), module, None)
        parts = parts_meant(module, self._wanted) if is_outermost else {}
        for below, part in parts.items():
            path = f"{name}.{below}"
            self._keep(id(part), part, self._found(path, path, part))

    def add_function(self, model: nn.Module, label: str) -> None:
        """Finds out which root the calls of a function around a model belong to.

        Args:
            model: what the function works with.
            label: the function's part of a path, such as `predict()`.
        """
        root = None
        if not self._wanted or is_meant(model, self._wanted):
            start = name_of(model)
            root = self._found(f"{start}.{label}", start, model)
        self._keep((id(model), label), model, root)

    def all_roots(self) -> list[Root]:
        """The roots that were called, and the one that stands for all others if there are others."""
        return [root for root in [*self.roots, self.others] if root.all_calls()]

    def _keep(self, key: Hashable, module: nn.Module, root: Root | None) -> None:
        """Remembers the root of a module for as long as the module lives."""

        def forget(_: object) -> None:
            self.known.pop(key, None)
            self._modules.pop(key, None)

        self.known[key] = root
        self._modules[key] = weakref.ref(module, forget)

    def _found(self, name: str, start: str, module: nn.Module) -> Root:
        """A new root for the module, or that of one of the same kind which is gone.

        Some scripts make a module, call it once and drop it, again and again.
        """
        kind = type(inner_module(module)).__name__
        same = [root for root in self.roots if (root.start, root.kind) == (start, kind)]
        same = [root for root in same if root.name.startswith(name)]
        for root in same:
            if self._owners[root.name]() is None:
                self._owners[root.name] = weakref.ref(module)
                return root
        if len(self.roots) >= MOST_ROOTS:
            return self.others
        name = f"{name}-{len(same) + 1}" if same else name
        root = Root(name, kind, start, is_recorded=True)
        self._owners[name] = weakref.ref(module)
        self.roots.append(root)
        return root
