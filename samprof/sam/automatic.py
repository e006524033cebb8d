"""`SamAutomaticMaskGenerator` as a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import torch

from samprof.analysis.axis import BATCH_SIZE
from samprof.sam.images import Photo, photos_of
from samprof.sam.names import EAGER, ModelOptions
from samprof.sam.prompts import points_for, prompts_of, repeated
from samprof.sam.roles import describe
from samprof.sam.subject import Subject, subject
from samprof.sam.workloads import encoded_pixels
from samprof.sweep.target import Target

if TYPE_CHECKING:
    from segment_anything import SamAutomaticMaskGenerator

_LAYERS_OF = {1: 0, 5: 1, 21: 2, 85: 3}
"""Crops of an image -> crop layers."""
_KEPT, _TRIED = 0.05, 64


def amg(
    model: str,
    *,
    variant: str = EAGER,
    over: str = BATCH_SIZE,
    images: str | None = None,
    points_per_side: int = 32,
    points_per_batch: int = 64,
    crop_layers: int = 0,
    pred_iou_thresh: float | None = None,
    stability_score_thresh: float | None = None,
    **options: Unpack[ModelOptions],
) -> Target:
    """`SamAutomaticMaskGenerator.generate` on each image, as its script does with a folder.

    Args:
        model: as `samprof.sam.subject.subject` takes it.
        variant: how the encoder runs, see `samprof.sam.variants`.
        over: batch-size (so many images, one after the other), points-per-batch, or crops.
        images: a photo or a folder; without, a made-up one.
        points_per_side: points that are asked are the square of it, fewer on smaller crops.
        points_per_batch: how many of them the decoder takes at once.
        crop_layers: each layer cuts the image into four times as many crops.
        pred_iou_thresh: which masks are kept. By default that of segment_anything with a
            checkpoint; with random weights, of whose masks none would survive that, such that
            a twentieth of them do.
        stability_score_thresh: likewise.
        options: checkpoint, device, dtype, as `subject` takes them.

    Raises:
        ModelError: the model, checkpoint or device cannot be had.
        UsageError: no such variant, or no usable image.
    """
    from segment_anything import SamAutomaticMaskGenerator

    found = subject(model, **options)
    photos, notes = photos_of(images)
    given = {
        "pred_iou_thresh": pred_iou_thresh,
        "stability_score_thresh": stability_score_thresh,
    }
    thresholds = {name: value for name, value in given.items() if value is not None}
    if not found.has_weights:
        thresholds = _for_random_weights(found, photos[0]) | thresholds
        notes += (
            "random weights: thresholds set so that a twentieth of the masks survive, and no box "
            "suppresses another; the masks are noise, whose RLE costs more than that of things",
        )

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
        return generator(size), repeated(photos, count)

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
        notes=notes,
    )


def _generate(
    generator: SamAutomaticMaskGenerator, photos: list[Photo]
) -> list[list[dict[str, Any]]]:
    return [generator.generate(photo.pixels) for photo in photos]


def _for_random_weights(found: Subject, photo: Photo) -> dict[str, float]:
    """Settings under which one mask in twenty survives, as tried on some points of the photo."""
    from segment_anything import SamPredictor

    predictor = SamPredictor(found.sam)
    with torch.inference_mode():
        predictor.set_image(photo.pixels)
        prompts = prompts_of(photo, _TRIED, "points", found.side // 4)
        _, quality, _ = predictor.predict_torch(*points_for(found.sam, photo, prompts))
    return {
        "pred_iou_thresh": max(float(torch.quantile(quality.float(), 1 - _KEPT)), 0.0),
        "stability_score_thresh": 0.0,
        "box_nms_thresh": 1.0,
        "crop_nms_thresh": 1.0,
    }
