"""An image with the prompts that come with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Photo:
    """An image and the prompts that come with it.

    Attributes:
        name: the name of its file.
        pixels: uint8 [H, W, 3], red, green and blue.
        points: float64 [N, 2], x and y in pixels; N may be 0.
        boxes: float64 [M, 4], x and y of the upper left and the lower right corner; M may be 0.
    """

    name: str
    pixels: NDArray[np.uint8]
    points: NDArray[np.float64]
    boxes: NDArray[np.float64]


def used_note(given: int, count: int) -> str:
    """Says how many of the photos are used, or that they are repeated; empty where each is used once.

    Example:
        >>> used_note(5, 4), used_note(1, 4), used_note(2, 2)
        ('4 of 5 photos used', '1 photo repeated to 4', '')
    """
    photos = f"{given} photo{'s' if given != 1 else ''}"
    if count == given:
        return ""
    return f"{count} of {photos} used" if count < given else f"{photos} repeated to {count}"


def prompts_note(own: int, count: int) -> str:
    """Says how many of a photo's own prompts are used, or how many are made up.

    Example:
        >>> prompts_note(3, 10), prompts_note(12, 4), prompts_note(4, 4)
        ('10 prompts: 3 annotated, 7 made up', '4 of 12 annotated prompts used', '')
    """
    if count == own:
        return ""
    if count < own:
        return f"{count} of {own} annotated prompts used"
    return f"{count} prompts: {own} annotated, {count - own} made up"


def inputs_note(photos: int, used: int, own: int, prompts: int) -> str:
    """What there is to say of photos and of their prompts, as `used_note` and `prompts_note` do.

    Args:
        photos: how many were given.
        used: how many forwards use.
        own: how many prompts these bring.
        prompts: how many forwards use.

    Example:
        >>> inputs_note(3, 4, 0, 8), inputs_note(2, 2, 8, 8)
        ('3 photos repeated to 4; 8 prompts: 0 annotated, 8 made up', '')
    """
    notes = used_note(photos, used), prompts_note(own, prompts)
    return "; ".join(note for note in notes if note)


def repeated(photos: Sequence[Photo], count: int) -> list[Photo]:
    """Exactly `count` photos: the given ones, repeated in order."""
    return list(islice(cycle(photos), count))
