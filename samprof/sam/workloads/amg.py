"""`SamAutomaticMaskGenerator` as a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import torch

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.scaling.variant import EAGER
from samprof.sam.axes import CROP_LAYERS, CROPS, POINTS_PER_BATCH
from samprof.sam.catalogue import ModelOptions
from samprof.sam.inputs.images import photos_of
from samprof.sam.inputs.photo import Photo, repeated, used_note
from samprof.sam.inputs.prompts import points_for, prompts_of
from samprof.sam.model.loaded import LoadedModel, load_model
from samprof.sam.model.roles import describe
from samprof.sam.workloads.preprocess import preprocessed
from samprof.sweeps.target import Target

if TYPE_CHECKING:
    from segment_anything import SamAutomaticMaskGenerator

_SURVIVING, _TRIED = 0.05, 64


def amg(
    model: str,
    *,
    variant: str = EAGER,
    over: str = BATCH_SIZE.name,
    images: str | None = None,
    points_per_side: int = 32,
    points_per_batch: int = 64,
    crop_layers: int = 0,
    pred_iou_thresh: float | None = None,
    stability_score_thresh: float | None = None,
    **options: Unpack[ModelOptions],
) -> Target:
    """`SamAutomaticMaskGenerator.generate` on each image, as `scripts/amg.py` runs it on a folder.

    Args:
        model: a name as in `samprof.sam.model.loaded.load_model`.
        variant: how the encoder runs, as in `samprof.sam.model.variant_names`.
        over: batch-size (images, one after the other), points-per-batch, or crops.
        images: a photo or a folder; by default a synthetic one.
        points_per_side: the number of points is its square, fewer on smaller crops.
        points_per_batch: how many points the decoder takes at once.
        crop_layers: each layer cuts the image into four times as many crops.
        pred_iou_thresh: the predicted quality that a mask needs. By default that of
            segment_anything with a checkpoint; with random weights, whose masks never reach that,
            what one mask in twenty reaches.
        stability_score_thresh: likewise for the stability score; 0 with random weights.
        options: checkpoint, device and dtype, as in `load_model`.

    Raises:
        ModelError: the model, checkpoint or device is not available.
        UsageError: unknown variant, or no usable image.
    """
    from segment_anything import SamAutomaticMaskGenerator

    loaded = load_model(model, **options)
    photos, notes = photos_of(images)
    given = {
        "pred_iou_thresh": pred_iou_thresh,
        "stability_score_thresh": stability_score_thresh,
    }
    thresholds = {name: value for name, value in given.items() if value is not None}
    if not loaded.has_weights:
        thresholds = _for_random_weights(loaded, photos[0]) | thresholds
        notes += (
            "random weights: thresholds are set so that one mask in twenty survives, and no box "
            "suppresses another; the masks are noise, whose RLE costs more than that of objects",
        )

    def generator(size: int) -> SamAutomaticMaskGenerator:
        settings: dict[str, Any] = {
            "points_per_side": points_per_side,
            "points_per_batch": size if over == POINTS_PER_BATCH.name else points_per_batch,
            "crop_n_layers": CROP_LAYERS[size] if over == CROPS.name else crop_layers,
            **thresholds,
        }
        return SamAutomaticMaskGenerator(loaded.sam, **settings)

    def inputs(size: int) -> tuple[SamAutomaticMaskGenerator, list[Photo]]:
        count = size if over == BATCH_SIZE.name else 1
        return generator(size), repeated(photos, count)

    def inputs_note(size: int) -> str:
        count = size if over == BATCH_SIZE.name else 1
        return used_note(len(photos), count) if images is not None else ""

    def points(size: int) -> float:
        grids = generator(size).point_grids
        return float(sum(4**layer * len(grid) for layer, grid in enumerate(grids)))

    def embeddings(_: object, photos: list[Photo]) -> list[torch.Tensor]:
        return [loaded.sam.image_encoder(preprocessed(loaded, photo)) for photo in photos]

    def outcome(result: list[list[dict[str, Any]]]) -> str:
        masks = sum(map(len, result))
        return f"{masks} masks from {len(result)} image{'s' if len(result) > 1 else ''}"

    return Target(
        loaded.sam,
        inputs,
        describe(loaded.sam),
        label=loaded.label,
        call=_generate,
        change=loaded.change(variant, embeddings),
        units=points if over == POINTS_PER_BATCH.name else None,
        outcome=outcome,
        notes=notes,
        inputs_note=inputs_note,
    )


def _generate(
    generator: SamAutomaticMaskGenerator, photos: list[Photo]
) -> list[list[dict[str, Any]]]:
    return [generator.generate(photo.pixels) for photo in photos]


def _for_random_weights(loaded: LoadedModel, photo: Photo) -> dict[str, float]:
    """Settings under which one mask in twenty survives, measured on some points of the photo."""
    from segment_anything import SamPredictor

    predictor = SamPredictor(loaded.sam)
    with torch.inference_mode():
        predictor.set_image(photo.pixels)
        prompts = prompts_of(photo, _TRIED, "points", loaded.side // 4)
        _, quality, _ = predictor.predict_torch(*points_for(loaded.sam, photo, prompts))
    return {
        "pred_iou_thresh": max(float(torch.quantile(quality.float(), 1 - _SURVIVING)), 0.0),
        "stability_score_thresh": 0.0,
        "box_nms_thresh": 1.0,
        "crop_nms_thresh": 1.0,
    }
