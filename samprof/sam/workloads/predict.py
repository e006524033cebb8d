"""`SamPredictor` as a target: one image and its prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import numpy as np
import torch

from samprof.analysis.scaling.variant import EAGER
from samprof.errors import UsageError
from samprof.sam.axes import PROMPTS
from samprof.sam.catalogue import PROMPT_KINDS, ModelOptions, mode_of
from samprof.sam.inputs.images import count_images, photos_of
from samprof.sam.inputs.photo import Photo, inputs_note
from samprof.sam.inputs.prompts import Prompts, points_for, prompts_of
from samprof.sam.model.loaded import load_model
from samprof.sam.model.roles import describe
from samprof.sweeps.target import Target

if TYPE_CHECKING:
    from segment_anything import SamPredictor


def predict(
    model: str,
    *,
    variant: str = EAGER,
    over: str = PROMPTS.name,
    images: str | None = None,
    kind: str = PROMPT_KINDS[0],
    **options: Unpack[ModelOptions],
) -> Target:
    """`SamPredictor`: set one image, predict masks for its prompts, and copy them to the host.

    Args:
        model: a name as in `samprof.sam.model.loaded.load_model`.
        variant: together (one `predict_torch`) or one-by-one (one `predict` per prompt), and how
            the encoder runs: "one-by-one+bf16".
        over: prompts.
        images: a photo, or a folder, of which the first photo is used; by default a synthetic one.
        kind: points, boxes, or masks (a low-resolution mask with each point).
        options: checkpoint, device and dtype, as in `load_model`.

    Raises:
        ModelError: the model, checkpoint or device is not available.
        UsageError: unknown variant or kind, or no usable image.
    """
    from segment_anything import SamPredictor

    del over
    if kind not in PROMPT_KINDS:
        remedy = f"use one of {', '.join(PROMPT_KINDS)}"
        raise UsageError("predict", kind, "no such kind of prompt", remedy)
    loaded = load_model(model, **options)
    (photo, *_), notes = photos_of(images, limit=1)
    mode, encoder_variant = mode_of("predict", variant)
    predictor = SamPredictor(loaded.sam)

    def note(count: int) -> str:
        if images is None:
            return ""
        own = len(photo.boxes if kind == "boxes" else photo.points)
        return inputs_note(count_images(images), 1, own, count)

    def inputs(count: int) -> tuple[SamPredictor, Photo, Prompts]:
        return predictor, photo, prompts_of(photo, count, kind, loaded.side // 4)

    def embedding(predictor: SamPredictor, photo: Photo, _: Prompts) -> torch.Tensor:
        predictor.set_image(photo.pixels)
        embedded: torch.Tensor = predictor.get_image_embedding()
        return embedded

    return Target(
        loaded.sam,
        inputs,
        describe(loaded.sam),
        label=loaded.label,
        call=_predict_together if mode == "together" else _predict_one_by_one,
        change=loaded.change(encoder_variant, embedding),
        notes=notes,
        inputs_note=note,
    )


def _predict_together(predictor: SamPredictor, photo: Photo, prompts: Prompts) -> object:
    predictor.set_image(photo.pixels)
    device = predictor.device
    points = labels = boxes = masks = None
    if prompts.points is not None:
        points, labels = points_for(predictor.model, photo, prompts)
    if prompts.boxes is not None:
        moved = predictor.transform.apply_boxes(prompts.boxes, photo.pixels.shape[:2])
        boxes = torch.as_tensor(moved, dtype=torch.float, device=device)
    if prompts.masks is not None:
        masks = torch.as_tensor(prompts.masks, dtype=torch.float, device=device)[:, None]
    result = predictor.predict_torch(points, labels, boxes, masks)
    return [tensor.cpu().numpy() for tensor in result]


def _predict_one_by_one(predictor: SamPredictor, photo: Photo, prompts: Prompts) -> object:
    predictor.set_image(photo.pixels)
    results = []
    for number in range(len(prompts)):
        one = prompts.one(number)
        results.append(
            predictor.predict(
                point_coords=one.points,
                point_labels=None if one.points is None else np.ones(1, int),
                box=None if one.boxes is None else one.boxes[0],
                mask_input=one.masks,
            )
        )
    return results
