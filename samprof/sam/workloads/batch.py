"""`Sam.forward` on several images as a target."""

from __future__ import annotations

from typing import Any, Unpack

import torch

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.sam.catalogue import ModelOptions, mode_of
from samprof.sam.inputs.images import photos_of
from samprof.sam.inputs.photo import Photo, inputs_note, repeated
from samprof.sam.inputs.prompts import Prompts, points_for, prompts_of
from samprof.sam.model.loaded import load_model
from samprof.sam.model.roles import describe
from samprof.sam.workloads.preprocess import preprocessed
from samprof.sweeps.target import Target


def batch(
    model: str,
    *,
    variant: str = "batched",
    over: str = BATCH_SIZE.name,
    images: str | None = None,
    prompts: int = 4,
    **options: Unpack[ModelOptions],
) -> Target:
    """`Sam.forward` on several images, preprocessing included.

    The encoder takes all images at once or one at a time; the rest of SAM always takes one.

    Args:
        model: a name as in `samprof.sam.model.loaded.load_model`.
        variant: batched or one-by-one, and how the encoder runs: "batched+bf16".
        over: batch-size.
        images: a photo or a folder, repeated to fill the batch; by default a synthetic one.
        prompts: points per image.
        options: checkpoint, device and dtype, as in `load_model`.

    Raises:
        ModelError: the model, checkpoint or device is not available.
        UsageError: unknown variant, or no usable image.
    """
    from segment_anything.utils.transforms import ResizeLongestSide

    del over
    loaded = load_model(model, **options)
    photos, notes = photos_of(images)
    mode, encoder_variant = mode_of("batch", variant)
    transform = ResizeLongestSide(loaded.side)

    def inputs(size: int) -> tuple[list[Photo], list[Prompts]]:
        chosen = repeated(photos, size)
        return chosen, [prompts_of(photo, prompts, "points", loaded.side // 4) for photo in chosen]

    def note(size: int) -> str:
        if images is None:
            return ""
        own = sum(len(photo.points) for photo in repeated(photos, size))
        return inputs_note(len(photos), size, own, prompts * size)

    def request(photo: Photo, asked: Prompts) -> dict[str, Any]:
        pixels = torch.as_tensor(transform.apply_image(photo.pixels), device=loaded.device)
        points, labels = points_for(loaded.sam, photo, asked)
        return {
            "image": pixels.permute(2, 0, 1).contiguous(),
            "original_size": photo.pixels.shape[:2],
            "point_coords": points,
            "point_labels": labels,
        }

    def batched(chosen: list[Photo], asked: list[Prompts]) -> object:
        requests = [request(*pair) for pair in zip(chosen, asked, strict=True)]
        return loaded.sam(requests, multimask_output=True)

    def one_by_one(chosen: list[Photo], asked: list[Prompts]) -> object:
        return [
            loaded.sam([request(*pair)], multimask_output=True)[0]
            for pair in zip(chosen, asked, strict=True)
        ]

    def embeddings(chosen: list[Photo], _: list[Prompts]) -> torch.Tensor:
        pixels = torch.cat([preprocessed(loaded, photo) for photo in chosen])
        embedded: torch.Tensor = loaded.sam.image_encoder(pixels)
        return embedded

    return Target(
        loaded.sam,
        inputs,
        describe(loaded.sam),
        label=loaded.label,
        call=batched if mode == "batched" else one_by_one,
        change=loaded.change(encoder_variant, embeddings),
        notes=notes,
        inputs_note=note,
    )
