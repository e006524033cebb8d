"""Repeated blocks in a model's tree, and the module inside of wrappers: nothing of it needs a name."""

from __future__ import annotations

from collections import Counter

from torch import nn

_WRAPPERS = {
    "OptimizedModule": "_orig_mod",
    "DataParallel": "module",
    "DistributedDataParallel": "module",
}
"""Class that only passes its calls on -> the attribute of what it wraps."""


def unwrapped(module: nn.Module) -> tuple[nn.Module, str]:
    """The module inside of `torch.compile` and data parallel wrappers, and its path below them.

    Example:
        >>> inner, path = unwrapped(nn.DataParallel(nn.Linear(1, 1)))
        >>> type(inner).__name__, path
        ('Linear', 'module')
    """
    path = ""
    while type(module).__name__ in _WRAPPERS:
        name = _WRAPPERS[type(module).__name__]
        inner = getattr(module, name, None)
        if not isinstance(inner, nn.Module):
            break
        module, path = inner, join(path, name)
    return module, path


def repeated_blocks(module: nn.Module) -> list[str]:
    """Paths of the innermost repeated blocks: items of lists, several of one class, with parts inside.

    Example:
        >>> stage = nn.Sequential(*[nn.Sequential(nn.Linear(1, 1)) for _ in range(2)])
        >>> repeated_blocks(nn.Sequential(stage))
        ['0.0', '0.1']
    """
    found = [
        join(path, name) for path, parent in module.named_modules() for name in _repeated(parent)
    ]
    return [one for one in found if not any(other.startswith(f"{one}.") for other in found)]


def rows_of_blocks(module: nn.Module, blocks: list[str]) -> set[str]:
    """Paths of the blocks, of all around them, and of the parts inside them that have parts themselves.

    Args:
        module: the whole.
        blocks: paths below it.
    """
    rows: set[str] = set()
    for path in blocks:
        names = path.split(".")
        rows.update(".".join(names[:count]) for count in range(1, len(names) + 1))
        parts = module.get_submodule(path).named_children()
        rows.update(join(path, name) for name, part in parts if any(part.children()))
    return rows


def called_depth(module: nn.Module, path: str) -> int:
    """How many modules that are called lead to the one at the path; lists are not called."""
    names = path.split(".")
    around = [module.get_submodule(".".join(names[:count])) for count in range(1, len(names) + 1)]
    return sum(type(one).forward is not nn.Module.forward for one in around)


def is_inside(path: str, outer: str) -> bool:
    """Whether the path is the outer one or below it; everything is below the root, an empty path.

    Example:
        >>> is_inside("blocks.1", "blocks"), is_inside("blocks2", "blocks"), is_inside("a", "")
        (True, False, True)
    """
    return not outer or f"{path}.".startswith(f"{outer}.")


def join(path: str, name: str) -> str:
    """The qualified name of a child."""
    return f"{path}.{name}".strip(".")


def _repeated(parent: nn.Module) -> list[str]:
    """Names of the children that are repeated blocks."""
    children = dict(parent.named_children())
    if len(children) < 2 or not all(name.isdigit() for name in children):
        return []
    kinds = Counter(type(child) for child in children.values())
    return [name for name, one in children.items() if kinds[type(one)] > 1 and any(one.children())]
