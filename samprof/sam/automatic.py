"""`SamAutomaticMaskGenerator` as a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samprof.analysis.axis import BATCH_SIZE
from samprof.sam.images import Photo, gather
from samprof.sam.names import AUTO, EAGER
from samprof.sam.prompts import repeated
from samprof.sam.roles import describe
from samprof.sam.subject import subject
from samprof.sam.workloads import encoded_pixels
from samprof.sweep.target import Target

if TYPE_CHECKING:
    import torch
    from segment_anything import SamAutomaticMaskGenerator

_LAYERS_OF = {1: 0, 5: 1, 21: 2, 85: 3}
"""Crops of an image -> crop layers."""


def amg(
    model: str,
    checkpoint: str | None = None,
    device: str = AUTO,
    dtype: str = "float32",
    *,
    variant: str = EAGER,
    over: str = BATCH_SIZE,
    images: str | None = None,
    points_per_side: int = 32,
    points_per_batch: int = 64,
    crop_layers: int = 0,
    pred_iou_thresh: float | None = None,
    stability_score_thresh: float | None = None,
) -> Target:
    """`SamAutomaticMaskGenerator.generate` on each image, as its script does with a folder.

    Args:
        model: vit_b, vit_l, vit_h, small or auto, see `samprof.sam.subject.subject`.
        checkpoint: the model's `.pth` file; None for random weights.
        device: auto, cpu, cuda, cuda:1 ...
        dtype: float32, bfloat16 or float16.
        variant: how the encoder runs, see `samprof.sam.variants`.
        over: batch-size (so many images, one after the other), points-per-batch, or crops.
        images: a photo or a folder; without, a made-up one.
        points_per_side: points that are asked are the square of it, fewer on smaller crops.
        points_per_batch: how many of them the decoder takes at once.
        crop_layers: each layer cuts the image into four times as many crops.
        pred_iou_thresh: which masks are kept. By default that of segment_anything with a
            checkpoint; with random weights 0, for no mask would survive.
        stability_score_thresh: likewise.

    Raises:
        ModelError: the model, checkpoint or device cannot be had.
        UsageError: no such variant, or no usable image.
    """
    from segment_anything import SamAutomaticMaskGenerator

    found = subject(model, checkpoint, device, dtype)
    gathered = gather(images)
    thresholds = {
        name: 0.0 if value is None else value
        for name, value in (
            ("pred_iou_thresh", pred_iou_thresh),
            ("stability_score_thresh", stability_score_thresh),
        )
        if value is not None or not found.has_weights
    }
    notes = [gathered.note] if gathered.note else []
    if not found.has_weights and None in (pred_iou_thresh, stability_score_thresh):
        notes.append("random weights: thresholds at 0, so that masks survive")

    def generator(size: int) -> SamAutomaticMaskGenerator:
        settings: dict[str, Any] = {
            "points_per_side": points_per_side,
            "points_per_batch": size if over == "points-per-batch" else points_per_batch,
            "crop_n_layers": _LAYERS_OF[size] if over == "crops" else crop_layers,
            **thresholds,
        }
        return SamAutomaticMaskGenerator(found.sam, **settings)

    def inputs(size: int) -> tuple[SamAutomaticMaskGenerator, list[Photo]]:
        count = size if over == BATCH_SIZE else 1
        return generator(size), repeated(gathered.photos, count)

    def points(size: int) -> float:
        grids = generator(size).point_grids
        return float(sum(4**layer * len(grid) for layer, grid in enumerate(grids)))

    def embeddings(_: object, photos: list[Photo]) -> list[torch.Tensor]:
        return [found.sam.image_encoder(encoded_pixels(found, photo)) for photo in photos]

    def outcome(result: list[list[dict[str, Any]]]) -> str:
        masks = sum(len(found) for found in result)
        return f"{masks} masks kept of {len(result)} image{'s' if len(result) > 1 else ''}"

    return Target(
        found.sam,
        inputs,
        describe(found.sam),
        label=found.label,
        call=_generate,
        change=found.change(variant, embeddings),
        units=points if over == "points-per-batch" else None,
        outcome=outcome,
        notes=tuple(notes),
    )


def _generate(
    generator: SamAutomaticMaskGenerator, photos: list[Photo]
) -> list[list[dict[str, Any]]]:
    return [generator.generate(photo.pixels) for photo in photos]
