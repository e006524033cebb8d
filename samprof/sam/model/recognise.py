"""Which modules are SAM's: models, components and blocks, known by class name and attributes."""

from torch import nn

from samprof.sam.model import families


def is_whole_model(module: nn.Module) -> bool:
    """Whether the module is a whole SAM model: by its class, by one of its bases, or by its parts."""
    return is_whole_class(type(module)) or _has_all_parts(module)


def is_whole_class(kind: type) -> bool:
    """Whether the class is that of whole SAM models, or derived from one."""
    return _whole_class_name(kind) is not None


def prompt_and_mask_classes(sam: nn.Module) -> set[type]:
    """The classes of the prompt encoder and the mask decoder of a whole model, but none of PyTorch's.

    EfficientViT-SAM takes them from segment_anything.
    """
    _, *names = families.WHOLE_WITH
    found = {type(part) for name, part in sam.named_children() if name in set().union(*names)}
    return {kind for kind in found if kind.__module__.partition(".")[0] != "torch"}


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
    if whole is None and _has_all_parts(module):
        whole = "sam2" if hasattr(module, "memory_attention") else "sam"
    if whole is not None:
        return whole
    if type(module).__name__ in families.ALONE:
        return families.ALONE[type(module).__name__][0]
    return "image_encoder" if component_role(module) else None


def is_block(module: nn.Module) -> bool:
    """Whether the module is a transformer block of a vision model, also outside of SAM.

    By the class of SAM's own blocks; else where it has an attention with its projections, an MLP and two
    norms.
    """
    if type(module).__name__ in families.BLOCKS and hasattr(module, "window_size"):
        return True
    children = dict(module.named_children())
    norms = [name for name in children if families.BLOCK_PARTS.get(name) == "norm"]
    attentions = [children[name] for name in families.ATTENTIONS if name in children]
    return "mlp" in children and len(norms) > 1 and any(map(_is_attention, attentions))


def scope_of(block: nn.Module, *, inside_encoder: bool) -> str:
    """How far a block's attention reaches: with a window inside each, without one over the image.

    Args:
        block: a transformer block.
        inside_encoder: whether it is one of SAM's image encoder. Elsewhere nothing is said of a block
            that knows no windows.
    """
    if getattr(block, "window_size", 0):
        return "window "
    return "global " if inside_encoder or hasattr(block, "window_size") else ""


def _is_attention(module: nn.Module) -> bool:
    children = {
        name for _, part in _itself_and_children(module) for name, _ in part.named_children()
    }
    return any(children >= projections for projections in families.PROJECTIONS)


def _itself_and_children(module: nn.Module) -> list[tuple[str, nn.Module]]:
    return [("", module), *module.named_children()]


def _has_all_parts(module: nn.Module) -> bool:
    children = {name for name, _ in module.named_children()}
    return all(children & names for names in families.WHOLE_WITH)


def _whole_class_name(kind: type) -> str | None:
    """The name of a whole model by its class, or by the nearest of its base classes that is known."""
    names = (families.WHOLE.get(one.__name__) for one in kind.__mro__)
    return next((name for name in names if name is not None), None)
