"""Which modules `--module` means."""

from torch import nn

from samprof.record.ranges.select import inner_module
from samprof.sam.model.recognise import component_role, root_name


def name_of(module: nn.Module) -> str:
    """What to call a module: as SAM's parts are called, else its class."""
    inner = inner_module(module)
    return root_name(inner) or type(inner).__name__


def is_meant(module: nn.Module, wanted: tuple[str, ...]) -> bool:
    """Whether one of the names is the module's class, its qualified class, or its role in SAM.

    Example:
        >>> is_meant(nn.Linear(1, 1), ("torch.nn.modules.linear.Linear",))
        True
    """
    inner = inner_module(module)
    kind = type(inner)
    names = {
        kind.__name__,
        f"{kind.__module__}.{kind.__qualname__}",
        root_name(inner),
        component_role(inner),
    }
    return not names.isdisjoint(wanted)


def parts_meant(module: nn.Module, wanted: tuple[str, ...]) -> dict[str, nn.Module]:
    """The parts of a module that one of the names leads to: qualified name -> part.

    Example:
        >>> list(parts_meant(nn.Sequential(nn.ReLU()), ("0", "backbone")))
        ['0']
    """
    found = {}
    for name in wanted:
        try:
            found[name] = module.get_submodule(name)
        except AttributeError:
            continue
    return found
