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


def repeated(photos: Sequence[Photo], count: int) -> list[Photo]:
    """Exactly `count` photos: the given ones, repeated in order."""
    return list(islice(cycle(photos), count))
