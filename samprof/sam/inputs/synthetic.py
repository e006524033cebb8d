"""A synthetic image, the same on every machine, for measurements without data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samprof.errors import UsageError
from samprof.sam.inputs.photo import Photo

_ROWS, _COLUMNS = 3, 4
_SMALLEST_CELL = 5


def synthetic(size: tuple[int, int] = (768, 1024), seed: int = 0) -> Photo:
    """A synthetic image: a dozen filled shapes on a smooth background, the same for the same seed.

    Args:
        size: height and width.
        seed: for the positions, sizes and colours of the shapes.

    Returns:
        The image, with the shapes' centres as points and their first and last columns and rows as
        boxes.

    Raises:
        UsageError: the size is too small for the shapes.

    Example:
        >>> photo = synthetic((60, 80))
        >>> photo.pixels.shape, photo.points.shape, photo.boxes.shape
        ((60, 80, 3), (12, 2), (12, 4))
    """
    height, width = size
    cell_height, cell_width = height // _ROWS, width // _COLUMNS
    if min(cell_height, cell_width) < _SMALLEST_CELL:
        remedy = f"give at least {_ROWS * _SMALLEST_CELL} x {_COLUMNS * _SMALLEST_CELL}"
        raise UsageError("images", f"size={size!r}", "too small for a dozen shapes", remedy)
    # Integers throughout, so that every machine gives the same bytes.
    down = np.arange(height)[:, None] * 64 // height
    across = np.arange(width)[None, :] * 64 // width
    shades = np.broadcast_arrays(96 + down, 96 + across, 96 + (down + across) // 2)
    pixels = np.stack(shades, axis=-1).astype(np.uint8)
    random = np.random.default_rng(seed)
    points, boxes = [], []
    for number in range(_ROWS * _COLUMNS):
        row, column = divmod(number, _COLUMNS)
        tall = int(random.integers(cell_height // 5, cell_height * 2 // 5 + 1))
        wide = int(random.integers(cell_width // 5, cell_width * 2 // 5 + 1))
        y = row * cell_height + int(random.integers(tall, cell_height - tall))
        x = column * cell_width + int(random.integers(wide, cell_width - wide))
        colour = random.integers(0, 64, 3) + 192 * random.integers(0, 2, 3)
        patch = pixels[y - tall : y + tall + 1, x - wide : x + wide + 1]
        patch[_shape(number, tall, wide)] = colour
        points.append((x, y))
        boxes.append((x - wide, y - tall, x + wide, y + tall))
    name = f"synthetic {width} x {height}"
    return Photo(name, pixels, np.array(points, np.float64), np.array(boxes, np.float64))


def _shape(number: int, tall: int, wide: int) -> NDArray[np.bool_]:
    """A rectangle, an ellipse or a diamond that touches all four sides."""
    y = np.abs(np.arange(-tall, tall + 1))[:, None] * wide
    x = np.abs(np.arange(-wide, wide + 1))[None, :] * tall
    reach = tall * wide
    shapes: tuple[NDArray[np.bool_], ...] = (
        np.maximum(x, y) <= reach,
        x * x + y * y <= reach * reach,
        x + y <= reach,
    )
    return shapes[number % len(shapes)]
