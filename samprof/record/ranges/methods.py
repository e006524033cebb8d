"""Methods of a model that may be called instead of the model itself: an autoencoder's `encode`."""

import types
from collections.abc import Sequence

from torch import nn

from samprof.errors import UsageError


def methods_of(module: nn.Module) -> list[str]:
    """The public methods that the module's classes define, unless torch does; without forward.

    Example:
        >>> class Coder(nn.Module):
        ...     def encode(self): ...
        ...     def forward(self): ...
        >>> methods_of(Coder())
        ['encode']
    """
    names: dict[str, None] = {}
    for kind in type(module).__mro__:
        if kind is nn.Module:
            break
        if kind.__module__.startswith("torch."):
            continue
        for name, value in vars(kind).items():
            is_public = not name.startswith("_") and not hasattr(nn.Module, name)
            if is_public and isinstance(value, types.FunctionType) and name not in vars(module):
                names.setdefault(name)
    return list(names)


def checked_methods(module: nn.Module, root: str, names: Sequence[str]) -> None:
    """Accepts names of methods of the module.

    Raises:
        UsageError: one of them is none, or is recorded already.
    """
    if isinstance(names, str):
        cause = "a text, not a list of names"
        raise UsageError("profile", f"methods={names!r}", cause, f"write [{names!r}]")
    for name in names:
        given = f"methods={[*names]!r}"
        if name == "forward":
            raise UsageError("profile", given, "forward is recorded anyway", "leave it out")
        if not isinstance(name, str) or not callable(getattr(module, name, None)):
            cause = f"{root} has no method {name!r}"
            remedy = f"it has {', '.join(methods_of(module)) or 'none but forward'}"
            raise UsageError("profile", given, cause, remedy)
