"""The axes that SAM's workloads can be swept over, and which sizes each of them takes. No torch."""

from samprof.analysis.scaling.axis import BATCH_SIZE, Axis
from samprof.errors import UsageError

_PATCH = 16
"""Pixels per side of a patch: the encoder takes images of whole patches."""

CROP_LAYERS = {1: 0, 5: 1, 21: 2, 85: 3}
"""Crops of an image -> crop layers, which have 1, 4, 16 and 64 crops."""


def _per_image(unit: str, symbol: str, defaults: tuple[int, ...], *, searchable: bool) -> Axis:
    """An axis that counts something of one image."""
    return Axis(
        name=f"{unit}s",
        unit=unit,
        subject=f"Using more {unit}s per image",
        whole="an image",
        larger=f"more {unit}s",
        label=f"{unit}s per image",
        pattern=f"{{}} {unit}s",
        symbol=symbol,
        defaults=defaults,
        searchable=searchable,
    )


PROMPTS = _per_image("prompt", "n={}", (1, 4, 16, 64), searchable=True)
CROPS = _per_image("crop", "c={}", (1, 5), searchable=False)
POINTS_PER_BATCH = Axis(
    name="points-per-batch",
    unit="point",
    subject="Using more points per batch",
    whole="a batch of points",
    larger="a larger batch",
    label="points per batch",
    pattern="{} points per batch",
    symbol="p={}",
    defaults=(16, 32, 64, 128),
)
IMAGE_SIZE = Axis(
    name="image-size",
    unit="megapixel",
    subject="Using larger images",
    whole="an image",
    larger="a larger image",
    label="image size",
    pattern="image size {}",
    symbol="s={}",
    defaults=(256, 512, 768, 1024),
    power=2,
    per=1e6,
)
AXES = {axis.name: axis for axis in (BATCH_SIZE, PROMPTS, POINTS_PER_BATCH, IMAGE_SIZE, CROPS)}
SEARCHABLE_AXES = tuple(axis.name for axis in AXES.values() if axis.searchable)
"""Axes on which the largest size that fits in memory can be searched."""


def axis_named(name: str) -> Axis:
    """The axis of this name.

    Raises:
        UsageError: there is none.
    """
    if name not in AXES:
        remedy = f"use one of {', '.join(AXES)}"
        raise UsageError("sweep", f"--over {name}", "unknown axis", remedy)
    return AXES[name]


def checked_on(axis: Axis, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The sizes, if SAM can run at each of them.

    Raises:
        UsageError: it cannot.

    Example:
        >>> checked_on(IMAGE_SIZE, (256, 512))
        (256, 512)
    """
    for size in sizes:
        if axis == IMAGE_SIZE and size % _PATCH:
            cause, remedy = "not a whole number of patches", f"give multiples of {_PATCH}"
            raise UsageError("sweep", f"{axis.label} {size}", cause, remedy)
        if axis == CROPS and size not in CROP_LAYERS:
            remedy = f"crops come in layers: give some of {', '.join(map(str, CROP_LAYERS))}"
            raise UsageError("sweep", f"{axis.label} {size}", "not a number of crops", remedy)
    return sizes
