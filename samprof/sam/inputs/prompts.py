"""Prompts of one kind for a photo: its own first, then synthetic ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from samprof.sam.inputs.photo import Photo

if TYPE_CHECKING:
    from segment_anything.modeling import Sam

Array = npt.NDArray[np.float64]
_SEED = 0
_SMALLEST, _LARGEST = 0.05, 0.4
_LOGIT = 8.0


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of one measured call, in pixels of the image; kinds that are not used are None.

    Attributes:
        points: `[N, 2]`, x and y.
        boxes: `[N, 4]`, x and y of two corners.
        masks: `[N, M, M]`, logits at low resolution, over the padded square that the encoder sees.
    """

    points: Array | None = None
    boxes: Array | None = None
    masks: Array | None = None

    def __len__(self) -> int:
        held = [part for part in (self.points, self.boxes, self.masks) if part is not None]
        return len(held[0]) if held else 0

    def one(self, number: int) -> Prompts:
        """Only the prompt with this number."""
        parts = (self.points, self.boxes, self.masks)
        return Prompts(*(None if part is None else part[number : number + 1] for part in parts))


def prompts_of(photo: Photo, count: int, kind: str, mask_side: int) -> Prompts:
    """Exactly `count` prompts: the photo's own first, then synthetic ones, the same each time.

    Args:
        photo: the image, with its points and boxes.
        count: how many.
        kind: points, boxes, or masks (each a point with a round mask around it).
        mask_side: side M of the masks.

    Example:
        >>> from samprof.sam.inputs.synthetic import synthetic
        >>> prompts_of(synthetic(), 20, "boxes", 64).boxes.shape
        (20, 4)
    """
    height, width = photo.pixels.shape[:2]
    generator = np.random.default_rng(_SEED)
    sizes = np.array([width, height], np.float64)
    if kind == "boxes":
        low = generator.uniform(0, 1 - _LARGEST, (count, 2)) * sizes
        span = generator.uniform(_SMALLEST, _LARGEST, (count, 2)) * sizes
        return Prompts(boxes=np.concatenate([photo.boxes, np.hstack([low, low + span])])[:count])
    made = generator.uniform(0, 1, (count, 2)) * sizes
    points = np.concatenate([photo.points, made])[:count]
    if kind == "points":
        return Prompts(points=points)
    return Prompts(points=points, masks=_round_masks(points / max(height, width), mask_side))


def points_for(sam: Sam, photo: Photo, prompts: Prompts) -> tuple[torch.Tensor, torch.Tensor]:
    """The points as the model takes them, each a prompt of its own, with labels that mean "inside".

    Args:
        sam: the model.
        photo: the image that they lie on.
        prompts: prompts with points.

    Returns:
        `[N, 1, 2]`, x and y in the resized image, and `[N, 1]`, all 1; on the model's device.
    """
    from segment_anything.utils.transforms import ResizeLongestSide

    transform = ResizeLongestSide(sam.image_encoder.img_size)
    moved = transform.apply_coords(prompts.points, photo.pixels.shape[:2])
    points = torch.as_tensor(moved, dtype=torch.float, device=sam.device)[:, None, :]
    return points, torch.ones(len(points), 1, dtype=torch.int, device=sam.device)


def _round_masks(centres: Array, side: int) -> Array:
    """Discs of a tenth of the side around the centres, which are given from 0 to 1."""
    places = (np.arange(side) + 0.5) / side
    across = places[None, None, :] - centres[:, 0, None, None]
    down = places[None, :, None] - centres[:, 1, None, None]
    return np.where(across**2 + down**2 < 0.01, _LOGIT, -_LOGIT)
