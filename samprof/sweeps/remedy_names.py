"""What a variant is called under the allocator that is tried as a remedy for paging."""

REMEDY_ALLOCATOR = "tcmalloc"
_MARK = "@"


def remedy_variant(variant: str) -> str:
    """The name of a variant under the other allocator.

    Example:
        >>> remedy_variant("eager"), model_variant("eager@tcmalloc")
        ('eager@tcmalloc', 'eager')
    """
    return f"{variant}{_MARK}{REMEDY_ALLOCATOR}"


def model_variant(variant: str) -> str:
    """The variant of the model, without its allocator."""
    return variant.partition(_MARK)[0]
