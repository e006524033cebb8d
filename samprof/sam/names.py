"""Names that the command line offers, without importing torch."""

from dataclasses import dataclass
from typing import TypedDict

from samprof.errors import UsageError

MODELS = ("vit_b", "vit_l", "vit_h", "small")
AUTO = "auto"
DTYPES = ("float32", "bfloat16", "float16")
VARIANTS = ("eager", "bf16", "fp16", "sdpa", "compile", "cudagraph", "channels-last")
EAGER = VARIANTS[0]
PROMPT_KINDS = ("points", "boxes", "masks")


class ModelOptions(TypedDict, total=False):
    """What every workload takes besides the model's name; see `samprof.sam.subject.subject`."""

    checkpoint: str | None
    device: str
    dtype: str


MODEL_OPTIONS = tuple(ModelOptions.__annotations__)


@dataclass(frozen=True, slots=True)
class Workload:
    """A way to use SAM that can be measured.

    Attributes:
        factory: makes its target, `package.module:function`.
        over: the axes that it can be swept over; the first is the usual one.
        ways: the ways to run it that are compared, the first with the others.
        options: the keyword arguments that it takes besides those that all take.
        size: images, or prompts, where nobody says how many.
        meaning: what is measured, for the help text.
    """

    factory: str
    over: tuple[str, ...]
    ways: tuple[str, ...] = (EAGER,)
    options: tuple[str, ...] = ()
    size: int = 1
    meaning: str = ""


WORKLOADS = {
    "encode": Workload(
        "samprof.sam.workloads:encode",
        over=("batch-size", "image-size"),
        options=("images",),
        meaning="the image encoder on a preprocessed batch",
    ),
    "predict": Workload(
        "samprof.sam.workloads:predict",
        over=("prompts",),
        ways=("together", "one-by-one"),
        options=("images", "kind"),
        size=16,
        meaning="SamPredictor: one image, then its prompts at once or one after the other",
    ),
    "batch": Workload(
        "samprof.sam.workloads:batch",
        over=("batch-size",),
        ways=("one-by-one", "batched"),
        options=("images", "prompts"),
        size=4,
        meaning="Sam.forward on several images: all one by one, or the encoder batched",
    ),
    "amg": Workload(
        "samprof.sam.automatic:amg",
        over=("batch-size", "points-per-batch", "crops"),
        options=(
            "images",
            "points_per_side",
            "points_per_batch",
            "crop_layers",
            "pred_iou_thresh",
            "stability_score_thresh",
        ),
        meaning="SamAutomaticMaskGenerator on each image",
    ),
    "onnx": Workload(
        "samprof.sam.onnx_decoder:onnx",
        over=("prompts",),
        ways=("pytorch", "onnx", "onnx-quantised"),
        options=("images",),
        size=16,
        meaning="the mask decoder in PyTorch, and exported in onnxruntime",
    ),
}


def variants_of(workload: str, text: str | None) -> tuple[str, ...]:
    """The variants to measure: each way of the workload, each changed as the text says.

    Args:
        workload: one of `WORKLOADS`.
        text: variants of the image encoder, or ways, with commas between: "eager,bf16+sdpa".

    Raises:
        UsageError: onnx has its own ways only.

    Example:
        >>> variants_of("encode", "eager,sdpa"), variants_of("predict", "bf16")
        (('eager', 'sdpa'), ('together+bf16', 'one-by-one+bf16'))
    """
    ways = WORKLOADS[workload].ways
    if not text:
        return ways
    found: dict[str, None] = {}
    for given in text.split(","):
        parts = [part.strip() for part in given.split("+")]
        own = [part for part in parts if part in ways and part != EAGER]
        rest = [part for part in parts if part not in own and part != EAGER]
        if workload == "onnx" and rest:
            remedy = f"use some of {', '.join(ways)}"
            raise UsageError("variant", given, "the encoder is not part of onnx", remedy)
        for way in own or ways:
            name = "+".join([*([way] if way != EAGER else []), *rest]) or EAGER
            found[name] = None
    return tuple(found)


def way_of(workload: str, variant: str) -> tuple[str, str]:
    """The way of the workload and the variant of the encoder that a variant's name holds.

    Example:
        >>> way_of("predict", "together+bf16+sdpa"), way_of("encode", "eager")
        (('together', 'bf16+sdpa'), ('eager', 'eager'))
    """
    ways = WORKLOADS[workload].ways
    first, _, rest = variant.partition("+")
    if first in ways and first != EAGER:
        return first, rest or EAGER
    return ways[0], variant
