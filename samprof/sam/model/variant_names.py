"""Names of variants, such as "bf16+sdpa": their parts, their dtype and the accuracy expected of them."""

from samprof.analysis.scaling.variant import EAGER
from samprof.errors import UsageError
from samprof.sam.catalogue import VARIANTS

_DTYPES = {"bf16": "bfloat16", "fp16": "float16"}
_EXCLUSIVE = {"compile", "cudagraph"}
_TOLERANCES = {"bf16": 5e-2, "fp16": 1e-2}
_FLOAT32_TOLERANCE = 1e-3


def parse(name: str) -> tuple[str, ...]:
    """The parts of a variant, each once, in the order of `VARIANTS`; empty for eager.

    Args:
        name: parts joined by +, such as "bf16+sdpa".

    Raises:
        UsageError: an unknown part, or two that exclude each other.

    Example:
        >>> parse("sdpa+bf16+eager")
        ('bf16', 'sdpa')
    """
    given = [part.strip() for part in name.split("+")]
    for part in given:
        if part not in VARIANTS:
            remedy = f"use one of {', '.join(VARIANTS)}, or several joined by +"
            raise UsageError("variant", repr(name), f"unknown part {part!r}", remedy)
    parts = tuple(part for part in VARIANTS if part in given and part != EAGER)
    if _DTYPES.keys() <= set(parts):
        raise UsageError("variant", name, "bf16 and fp16 exclude each other", "use one")
    if set(parts) >= _EXCLUSIVE:
        remedy = "use one; compile has its own CUDA graphs (mode reduce-overhead)"
        raise UsageError("variant", name, "compile and cudagraph exclude each other", remedy)
    return parts


def canonical(name: str) -> str:
    """The canonical name of a variant, whatever the order of its parts.

    Raises:
        UsageError: as in `parse`.

    Example:
        >>> canonical("sdpa+bf16"), canonical("eager+eager")
        ('bf16+sdpa', 'eager')
    """
    return "+".join(parse(name)) or EAGER


def tolerance(name: str) -> float:
    """The largest accepted `||variant - eager|| / ||eager||` of the encoder's output.

    Frobenius norms, against eager in float32 on the same device. About five times what was measured
    on a CPU (torch 2.15, random weights, one image). The image of vit_b had 1024 pixels per side for
    sdpa, and 128 for fp16 and bf16, whose forwards take minutes there:

                        small    vit_b
        sdpa            5.4e-7   9.0e-7
        channels-last   7.0e-7   -
        compile         7.0e-7   -
        fp16            1.2e-3   1.7e-3
        bf16            9.6e-3   1.3e-2

    Adding sdpa or channels-last to fp16 or bf16 did not change their relative error. The limit in
    float32 is wider, 1e-3: on a GPU, where it was not measured, one of the two may multiply in TF32,
    which has 11 bits.

    Raises:
        UsageError: as in `parse`.
    """
    return max([_FLOAT32_TOLERANCE, *(_TOLERANCES.get(part, 0.0) for part in parse(name))])


def splits_by_layer(name: str) -> bool:
    """Whether a recording of the variant names the layers inside the encoder.

    Compiled code does, with rows for what was fused. A CUDA graph is one region, unless the trace proves
    what each part of it is: its capture was recorded, and fits.

    Raises:
        UsageError: as in `parse`.
    """
    return "cudagraph" not in parse(name)


def dtype_of(name: str) -> str | None:
    """The dtype that the variant converts the encoder to; None where it stays as it is.

    Raises:
        UsageError: as in `parse`.

    Example:
        >>> dtype_of("bf16+sdpa"), dtype_of("sdpa")
        ('bfloat16', None)
    """
    return next((_DTYPES[part] for part in parse(name) if part in _DTYPES), None)


def captures(name: str) -> bool:
    """Whether the variant captures CUDA graphs at the first call with each shape.

    Raises:
        UsageError: as in `parse`.
    """
    return "cudagraph" in parse(name)


def holds_memory(name: str) -> bool:
    """Whether the variant keeps memory that the allocator does not count: the pool of a CUDA graph.

    Raises:
        UsageError: as in `parse`.
    """
    return "cudagraph" in parse(name)
