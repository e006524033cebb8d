"""Numbers that others published on how SAM scales with the batch size, and ours next to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_MIB = 2**20
FAST = "segment-anything-fast, experiments/results.csv"
FAST_SETTING = "A100 40 GB, image encoder + predict_torch"
TRANSFORMERS = "huggingface/transformers #34110"
AO = "pytorch/ao #1172"


@dataclass(frozen=True, slots=True)
class Published:
    """One published number.

    Attributes:
        source, setting: where it was published, and how it was measured.
        model, variant, batch: the closest of ours; `variant` is None where nothing comes close.
        figure: `ms`, milliseconds per image; `bytes`, peak memory; `masks_s`, seconds of automatic masks
            with `batch` points at once.
        value: the number; None where they ran out of memory.
    """

    source: str
    setting: str
    model: str
    variant: str | None
    batch: int
    figure: str
    value: float | None


def _series(
    source: str,
    setting: str,
    model: str,
    variant: str | None,
    figure: str,
    values: Mapping[int, float | None],
) -> list[Published]:
    return [Published(source, setting, model, variant, b, figure, v) for b, v in values.items()]


def _mib(*sizes: float | None) -> dict[int, float | None]:
    return dict(zip((1, 8, 32), (None if s is None else s * _MIB for s in sizes), strict=True))


# Their variants build on each other: "SDPA" there is bf16 with a custom kernel, compiled.
NUMBERS: tuple[Published, ...] = (
    *_series(FAST, FAST_SETTING, "vit_b", "eager", "ms", {1: 90.4, 8: 82.5, 32: None}),
    *_series(FAST, FAST_SETTING, "vit_b", "bf16", "ms", {1: 27.3, 8: 25.1, 32: None}),
    *_series(FAST, FAST_SETTING, "vit_b", "bf16+sdpa", "ms", {1: 15.0, 8: 13.7, 32: 15.3}),
    *_series(FAST, FAST_SETTING, "vit_h", "eager", "ms", {1: 376, 8: 359, 32: None}),
    *_series(FAST, FAST_SETTING, "vit_h", "bf16+sdpa", "ms", {1: 49.3, 8: 45.6, 32: 46.0}),
    *_series(FAST, FAST_SETTING, "vit_b", "eager", "bytes", _mib(2789, 19934, None)),
    *_series(FAST, FAST_SETTING, "vit_b", "bf16+sdpa", "bytes", _mib(1104, 4679, 18128)),
    *_series(TRANSFORMERS, "SAM ViT-B, eager", "vit_b", "eager", "ms", {1: 64.6, 8: 127.7}),
    *_series(TRANSFORMERS, "SAM ViT-B, SDPA", "vit_b", "sdpa", "ms", {1: 30.95, 8: 28.4}),
    *_series(
        "facebookresearch/sam2 #257",
        "Hiera-B+, RTX 3090, bf16",
        "sam2",
        None,
        "ms",
        {1: 20.8, 8: 19.4, 16: 18.9, 32: 19.3},
    ),
    *_series(AO, "SAM 2.1, points at once", "vit_b", "masks", "masks_s", {128: 0.216, 1024: 0.194}),
)
SET_IMAGE_TO_PREDICT = 17.9 / 0.19
"""facebookresearch/segment-anything #174, #344: seconds of set_image to predict, T4, ViT-H."""


def beside(found: Mapping[tuple[str, str, int], Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row per published number, with ours and the ratio where there is one.

    Args:
        found: (model, variant, batch) -> figure -> ours.
    """
    rows = []
    for one in NUMBERS:
        ours = found.get((one.model, one.variant or "", one.batch), {}).get(one.figure)
        known = ours is not None and one.value is not None
        rows.append(
            {
                "source": one.source,
                "setting": one.setting,
                "model": one.model,
                "variant": one.variant,
                "batch": one.batch,
                "figure": one.figure,
                "published": one.value,
                "ours": ours,
                "ratio": ours / one.value if known and ours and one.value else None,
            }
        )
    return rows


def memory_per_image(model: str, variant: str, batch: int) -> float | None:
    """Published bytes per additional image, from batch 1 to this one; None where unknown."""
    known = {
        one.batch: one.value
        for one in NUMBERS
        if (one.model, one.variant, one.figure) == (model, variant, "bytes")
    }
    first, last = known.get(1), known.get(batch)
    return None if first is None or last is None or batch == 1 else (last - first) / (batch - 1)


def as_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows as a markdown table."""
    head = (
        "source",
        "setting",
        "model",
        "variant",
        "batch",
        "figure",
        "published",
        "ours",
        "ratio",
    )
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(_cell(row[name]) for name in head)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) and value < 1e6 else str(value)
