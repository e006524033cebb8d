"""The ways to use SAM, each as a target: the encoder, the predictor, a batch of images.

A target's `inputs` are made outside of what is timed; its `call` is what a user would run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import torch

from samprof.analysis.axis import BATCH_SIZE
from samprof.errors import UsageError
from samprof.sam.images import Photo, photos_of
from samprof.sam.names import EAGER, PROMPT_KINDS, ModelOptions, way_of
from samprof.sam.prompts import Prompts, points_for, prompts_of, repeated
from samprof.sam.resize import resized
from samprof.sam.roles import describe
from samprof.sam.subject import Subject, subject
from samprof.sweep.target import Target

if TYPE_CHECKING:
    from segment_anything import SamPredictor

_SEED = 0


def encode(
    model: str,
    *,
    variant: str = EAGER,
    over: str = BATCH_SIZE,
    images: str | None = None,
    **options: Unpack[ModelOptions],
) -> Target:
    """SAM's image encoder on a batch of preprocessed images `[B, 3, S, S]`.

    Args:
        model: as `samprof.sam.subject.subject` takes it.
        variant: how the encoder runs, see `samprof.sam.variants`.
        over: batch-size, or image-size: one image of S pixels a side, position embeddings resized.
        images: a photo or a folder; without, normally distributed pixels.
        options: checkpoint, device, dtype, as `subject` takes them.

    Raises:
        ModelError: the model, checkpoint or device cannot be had.
        UsageError: no such variant, or no usable image.
    """
    found = subject(model, **options)
    photos, notes = (None, ()) if images is None else photos_of(images)
    if over == BATCH_SIZE:
        return _encoder_target(found, found.side, variant, photos, notes)

    def at(side: int) -> Target:
        changed = Subject(resized(found.sam, side), found.label, found.has_weights)
        target = _encoder_target(changed, side, variant, photos, notes)
        return replace(target, inputs=lambda _: target.inputs(1))

    target = _encoder_target(found, found.side, EAGER, photos, notes)
    return replace(target, at=at)


def _encoder_target(
    found: Subject,
    side: int,
    variant: str,
    photos: tuple[Photo, ...] | None,
    notes: tuple[str, ...],
) -> Target:
    encoder = found.sam.image_encoder
    device, dtype = found.device, next(encoder.parameters()).dtype

    def batch(batch_size: int) -> tuple[torch.Tensor, ...]:
        if photos is None:
            generator = torch.Generator().manual_seed(_SEED)
            pixels = torch.randn(batch_size, 3, side, side, generator=generator)
        else:
            pixels = torch.cat([encoded_pixels(found, p) for p in repeated(photos, batch_size)])
        return (pixels.to(device, dtype),)

    change = found.change(variant, None)
    return Target(encoder, batch, describe(encoder), label=found.label, change=change, notes=notes)


def predict(
    model: str,
    *,
    variant: str = EAGER,
    over: str = "prompts",
    images: str | None = None,
    kind: str = PROMPT_KINDS[0],
    **options: Unpack[ModelOptions],
) -> Target:
    """`SamPredictor`: set one image, then predict masks for so many prompts, and fetch them.

    Args:
        model: as `samprof.sam.subject.subject` takes it.
        variant: together (one `predict_torch`) or one-by-one (a `predict` a prompt), and how the
            encoder runs: "one-by-one+bf16".
        over: prompts.
        images: a photo, or a folder whose first photo is taken; without, a made-up one.
        kind: points, boxes, or masks (a low-resolution mask beside each point).
        options: checkpoint, device, dtype, as `subject` takes them.

    Raises:
        ModelError: the model, checkpoint or device cannot be had.
        UsageError: no such variant or kind, or no usable image.
    """
    from segment_anything import SamPredictor

    del over
    if kind not in PROMPT_KINDS:
        remedy = f"use one of {', '.join(PROMPT_KINDS)}"
        raise UsageError("predict", kind, "no such kind of prompt", remedy)
    found = subject(model, **options)
    (photo, *_), notes = photos_of(images, limit=1)
    way, encoder_variant = way_of("predict", variant)
    predictor = SamPredictor(found.sam)

    def inputs(count: int) -> tuple[SamPredictor, Photo, Prompts]:
        return predictor, photo, prompts_of(photo, count, kind, found.side // 4)

    def embedding(predictor: SamPredictor, photo: Photo, _: Prompts) -> torch.Tensor:
        predictor.set_image(photo.pixels)
        embedded: torch.Tensor = predictor.get_image_embedding()
        return embedded

    return Target(
        found.sam,
        inputs,
        describe(found.sam),
        label=found.label,
        call=_predict_together if way == "together" else _predict_one_by_one,
        change=found.change(encoder_variant, embedding),
        notes=notes,
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


def batch(
    model: str,
    *,
    variant: str = "batched",
    over: str = BATCH_SIZE,
    images: str | None = None,
    prompts: int = 4,
    **options: Unpack[ModelOptions],
) -> Target:
    """`Sam.forward` on several images, preprocessing included.

    The encoder takes all of them at once or one at a time; the rest of SAM always takes one.

    Args:
        model: as `samprof.sam.subject.subject` takes it.
        variant: batched or one-by-one, and how the encoder runs: "batched+bf16".
        over: batch-size.
        images: a photo or a folder, repeated to the batch; without, a made-up one.
        prompts: points an image.
        options: checkpoint, device, dtype, as `subject` takes them.

    Raises:
        ModelError: the model, checkpoint or device cannot be had.
        UsageError: no such variant, or no usable image.
    """
    from segment_anything.utils.transforms import ResizeLongestSide

    del over
    found = subject(model, **options)
    photos, notes = photos_of(images)
    way, encoder_variant = way_of("batch", variant)
    transform = ResizeLongestSide(found.side)

    def inputs(batch_size: int) -> tuple[list[Photo], list[Prompts]]:
        chosen = repeated(photos, batch_size)
        return chosen, [prompts_of(photo, prompts, "points", found.side // 4) for photo in chosen]

    def record(photo: Photo, asked: Prompts) -> dict[str, Any]:
        pixels = torch.as_tensor(transform.apply_image(photo.pixels), device=found.device)
        points, labels = points_for(found.sam, photo, asked)
        return {
            "image": pixels.permute(2, 0, 1).contiguous(),
            "original_size": photo.pixels.shape[:2],
            "point_coords": points,
            "point_labels": labels,
        }

    def batched(chosen: list[Photo], asked: list[Prompts]) -> object:
        records = [record(*pair) for pair in zip(chosen, asked, strict=True)]
        return found.sam(records, multimask_output=True)

    def one_by_one(chosen: list[Photo], asked: list[Prompts]) -> object:
        return [
            found.sam([record(*pair)], multimask_output=True)[0]
            for pair in zip(chosen, asked, strict=True)
        ]

    def embeddings(chosen: list[Photo], _: list[Prompts]) -> torch.Tensor:
        pixels = torch.cat([encoded_pixels(found, photo) for photo in chosen])
        embedded: torch.Tensor = found.sam.image_encoder(pixels)
        return embedded

    return Target(
        found.sam,
        inputs,
        describe(found.sam),
        label=found.label,
        call=batched if way == "batched" else one_by_one,
        change=found.change(encoder_variant, embeddings),
        notes=notes,
    )


def encoded_pixels(found: Subject, photo: Photo) -> torch.Tensor:
    """A photo as the encoder takes it: resized, normalised, padded, `[1, 3, S, S]`."""
    from segment_anything.utils.transforms import ResizeLongestSide

    pixels = ResizeLongestSide(found.side).apply_image(photo.pixels)
    tensor = torch.as_tensor(pixels, device=found.device).permute(2, 0, 1)[None]
    prepared: torch.Tensor = found.sam.preprocess(tensor)
    return prepared
