"""The image encoder as a target."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

import torch

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.scaling.variant import EAGER
from samprof.sam.catalogue import ModelOptions
from samprof.sam.inputs.images import photos_of
from samprof.sam.inputs.photo import Photo, repeated, used_note
from samprof.sam.model.loaded import LoadedModel, load_model
from samprof.sam.model.resize import resized
from samprof.sam.model.roles import describe
from samprof.sam.workloads.preprocess import preprocessed
from samprof.sweeps.target import Target

_SEED = 0


def encode(
    model: str,
    *,
    variant: str = EAGER,
    over: str = BATCH_SIZE.name,
    images: str | None = None,
    **options: Unpack[ModelOptions],
) -> Target:
    """SAM's image encoder on a batch of preprocessed images `[B, 3, S, S]`.

    Args:
        model: a name as in `samprof.sam.model.loaded.load_model`.
        variant: how the encoder runs, as in `samprof.sam.model.variant_names`.
        over: batch-size, or image-size: one image of S x S pixels, with position embeddings resized.
        images: a photo or a folder; by default normally distributed pixels.
        options: checkpoint, device and dtype, as in `load_model`.

    Raises:
        ModelError: the model, checkpoint or device is not available.
        UsageError: unknown variant, or no usable image.
    """
    loaded = load_model(model, **options)
    photos, notes = (None, ()) if images is None else photos_of(images)
    if over == BATCH_SIZE.name:
        return _encoder_target(loaded, loaded.side, variant, photos, notes)

    alone = "" if photos is None else used_note(len(photos), 1)

    def at(side: int) -> Target:
        changed = LoadedModel(resized(loaded.sam, side), loaded.label, loaded.has_weights)
        target = _encoder_target(changed, side, variant, photos, notes)
        return replace(target, inputs=lambda _: target.inputs(1), inputs_note=lambda _: alone)

    target = _encoder_target(loaded, loaded.side, EAGER, photos, notes)
    return replace(target, at=at)


def _encoder_target(
    loaded: LoadedModel,
    side: int,
    variant: str,
    photos: tuple[Photo, ...] | None,
    notes: tuple[str, ...],
) -> Target:
    encoder = loaded.sam.image_encoder
    device, dtype = loaded.device, next(encoder.parameters()).dtype

    def batch(size: int) -> tuple[torch.Tensor, ...]:
        if photos is None:
            generator = torch.Generator().manual_seed(_SEED)
            pixels = torch.randn(size, 3, side, side, generator=generator)
        else:
            pixels = torch.cat([preprocessed(loaded, p) for p in repeated(photos, size)])
        return (pixels.to(device, dtype),)

    def inputs_note(size: int) -> str:
        return used_note(len(photos), size) if photos is not None else ""

    return Target(
        encoder,
        batch,
        describe(encoder),
        label=loaded.label,
        change=loaded.change(variant, None),
        notes=notes,
        inputs_note=inputs_note,
    )
