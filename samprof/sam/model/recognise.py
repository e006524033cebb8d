"""Which modules are SAM's: models, components and blocks, known by class name and attributes."""

from torch import nn

from samprof.sam.model import families


def is_whole_model(module: nn.Module) -> bool:
    """Whether the module is a whole SAM model, or of a class derived from one."""
    return is_whole_class(type(module))


def is_whole_class(kind: type) -> bool:
    """Whether the class is that of whole SAM models, or derived from one."""
    return _whole_class_name(kind) is not None


def component_role(module: nn.Module) -> str | None:
    """The role of a module that is a component of SAM by its class; None for others."""
    known = type(module).__name__
    if known in families.ALONE:
        return families.ALONE[known][1]
    children = {name for name, _ in module.named_children()}
    needed = families.ENCODER_WITH.get(known)
    return families.IMAGE_ENCODER if needed and children.issuperset(needed) else None


def root_name(module: nn.Module) -> str | None:
    """What to call a root module; None where it is not recognised."""
    whole = _whole_class_name(type(module))
    if whole is not None:
        return whole
    if type(module).__name__ in families.ALONE:
        return families.ALONE[type(module).__name__][0]
    return "image_encoder" if component_role(module) else None


def is_block(module: nn.Module) -> bool:
    """Whether the module is a transformer block of an encoder, also outside of one."""
    return type(module).__name__ in families.BLOCKS and hasattr(module, "window_size")


def _whole_class_name(kind: type) -> str | None:
    """The name of a whole model by its class, or by the nearest of its base classes that is known."""
    names = (families.WHOLE.get(one.__name__) for one in kind.__mro__)
    return next((name for name in names if name is not None), None)
