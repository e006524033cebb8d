"""Names that the command line offers, without importing torch."""

from dataclasses import dataclass
from typing import TypedDict

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.scaling.variant import EAGER
from samprof.errors import UsageError
from samprof.sam.axes import CROPS, IMAGE_SIZE, POINTS_PER_BATCH, PROMPTS

MODELS = ("vit_b", "vit_l", "vit_h", "small")
AUTO = "auto"
DTYPES = ("float32", "bfloat16", "float16")
VARIANTS = (EAGER, "bf16", "fp16", "sdpa", "compile", "cudagraph", "channels-last")
PROMPT_KINDS = ("points", "boxes", "masks")


class ModelOptions(TypedDict, total=False):
    """What every workload takes besides the model's name; see `samprof.sam.model.loaded.load_model`."""

    checkpoint: str | None
    device: str
    dtype: str


MODEL_OPTIONS = tuple(ModelOptions.__annotations__)


@dataclass(frozen=True, slots=True)
class Workload:
    """A use of SAM that can be measured.

    Attributes:
        factory: makes its target, `package.module:function`.
        over: names of the axes that it can be swept over; the first is the default.
        modes: the modes that are compared; the first is the baseline.
        options: the keyword arguments that it takes besides those that every workload takes.
        size: the default number of images or prompts.
        meaning: what is measured, for the help text.
    """

    factory: str
    over: tuple[str, ...]
    modes: tuple[str, ...] = (EAGER,)
    options: tuple[str, ...] = ()
    size: int = 1
    meaning: str = ""


WORKLOADS = {
    "encode": Workload(
        "samprof.sam.workloads.encode:encode",
        over=(BATCH_SIZE.name, IMAGE_SIZE.name),
        options=("images",),
        meaning="the image encoder on a preprocessed batch",
    ),
    "predict": Workload(
        "samprof.sam.workloads.predict:predict",
        over=(PROMPTS.name,),
        modes=("together", "one-by-one"),
        options=("images", "kind"),
        size=16,
        meaning="SamPredictor: one image, then its prompts all at once or one by one",
    ),
    "batch": Workload(
        "samprof.sam.workloads.batch:batch",
        over=(BATCH_SIZE.name,),
        modes=("one-by-one", "batched"),
        options=("images", "prompts"),
        size=4,
        meaning="Sam.forward on several images: one by one, or with the encoder batched",
    ),
    "amg": Workload(
        "samprof.sam.workloads.amg:amg",
        over=(BATCH_SIZE.name, POINTS_PER_BATCH.name, CROPS.name),
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
        "samprof.sam.workloads.onnx:onnx",
        over=(PROMPTS.name,),
        modes=("pytorch", "onnx", "onnx-quantised"),
        options=("images",),
        size=16,
        meaning="the mask decoder in PyTorch, and exported to ONNX in onnxruntime",
    ),
}


def variants_of(workload: str, text: str | None) -> tuple[str, ...]:
    """The variants to measure: each mode of the workload, combined with each variant of the encoder.

    Args:
        workload: one of `WORKLOADS`.
        text: variants of the image encoder, or modes, separated by commas: "eager,bf16+sdpa".

    Raises:
        UsageError: onnx takes modes only.

    Example:
        >>> variants_of("encode", "eager,sdpa"), variants_of("predict", "bf16")
        (('eager', 'sdpa'), ('together+bf16', 'one-by-one+bf16'))
    """
    modes = WORKLOADS[workload].modes
    if not text:
        return modes
    found: dict[str, None] = {}
    for given in text.split(","):
        parts = [part.strip() for part in given.split("+")]
        own = [part for part in parts if part in modes and part != EAGER]
        rest = [part for part in parts if part not in own and part != EAGER]
        if workload == "onnx" and rest:
            remedy = f"use some of {', '.join(modes)}"
            raise UsageError("variant", given, "the encoder is not part of onnx", remedy)
        for mode in own or modes:
            name = "+".join([*([mode] if mode != EAGER else []), *rest]) or EAGER
            found[name] = None
    return tuple(found)


def mode_of(workload: str, variant: str) -> tuple[str, str]:
    """Splits the name of a variant into the mode of the workload and the variant of the encoder.

    Example:
        >>> mode_of("predict", "together+bf16+sdpa"), mode_of("encode", "eager")
        (('together', 'bf16+sdpa'), ('eager', 'eager'))
    """
    modes = WORKLOADS[workload].modes
    first, _, rest = variant.partition("+")
    if first in modes and first != EAGER:
        return first, rest or EAGER
    return modes[0], variant
