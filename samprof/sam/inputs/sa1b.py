"""The prompts in the JSON file of an SA-1B image, each checked against the image."""

from __future__ import annotations

import json
import reprlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samprof.sam.inputs.masks import check_mask
from samprof.sam.inputs.unusable import UnusableError, reason

# Rounding may push x + width of a box just past the edge.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class PromptFile:
    """The prompts in one JSON file.

    Attributes:
        points: float64 [N, 2], x and y: the first point of each valid annotation.
        boxes: float64 [N, 4], x and y of two corners: the box of each valid annotation.
        skipped: "name: reason" for the file, or for each invalid annotation.
        looked_at: how many things were examined: the file and its annotations.
    """

    points: NDArray[np.float64]
    boxes: NDArray[np.float64]
    skipped: tuple[str, ...]
    looked_at: int


def read_prompt_file(path: Path, name: str, height: int, width: int) -> PromptFile:
    """Reads the prompts of an image from its SA-1B file; what is wrong with the file is in `skipped`.

    Args:
        path: the JSON file.
        name: what to call it in messages.
        height: the image's, in pixels.
        width: the image's, in pixels.

    Raises:
        MissingPackageError: a mask is compressed, and pycocotools is not installed.
    """
    skipped: list[str] = []
    points: list[list[float]] = []
    boxes: list[list[float]] = []
    annotations: list[object] = []
    try:
        annotations = _annotations(path, height, width)
    except UnusableError as error:
        skipped.append(f"{name}: {error}, so its image has no prompts")
    for place, annotation in enumerate(annotations):
        try:
            point, box = _prompt(annotation, height, width)
        except UnusableError as error:
            skipped.append(f"{name}, annotation {place}: {error}")
        else:
            points.append(point)
            boxes.append(box)
    return PromptFile(
        np.array(points, dtype=np.float64).reshape(-1, 2),
        np.array(boxes, dtype=np.float64).reshape(-1, 4),
        tuple(skipped),
        1 + len(annotations),
    )


def _annotations(path: Path, height: int, width: int) -> list[object]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise UnusableError(f"cannot be read ({reason(error)})") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnusableError(f"not JSON ({reason(error)})") from None
    if not isinstance(content, dict):
        raise UnusableError("not a JSON object")
    image, annotations = content.get("image"), content.get("annotations")
    if not isinstance(image, dict) or not {"width", "height"} <= image.keys():
        raise UnusableError("it does not give the image's width and height")
    if image["width"] != width or image["height"] != height:
        said = f"{reprlib.repr(image['width'])} x {reprlib.repr(image['height'])}"
        raise UnusableError(f"made for an image of {said}, not {width} x {height}")
    if not isinstance(annotations, list):
        raise UnusableError("it has no list of annotations")
    return annotations


def _prompt(annotation: object, height: int, width: int) -> tuple[list[float], list[float]]:
    """The first point of an annotation and its box."""
    if not isinstance(annotation, dict):
        raise UnusableError("not a JSON object")
    box = _box(annotation.get("bbox"), height, width)
    point = _point(annotation.get("point_coords"), height, width)
    segmentation = annotation.get("segmentation")
    if segmentation is not None:
        check_mask(segmentation, height, width)
    return point, box


def _box(bbox: object, height: int, width: int) -> list[float]:
    numbers = _numbers(bbox, 4)
    if numbers is None:
        raise UnusableError("bbox is not 4 finite numbers")
    left, top, right, bottom = *numbers[:2], numbers[0] + numbers[2], numbers[1] + numbers[3]
    if right <= left or bottom <= top:
        raise UnusableError("bbox is empty")
    if min(left, top) < 0 or right > width + _ROUNDING or bottom > height + _ROUNDING:
        raise UnusableError(f"bbox is not inside the image of {width} x {height}")
    return [left, top, min(right, width), min(bottom, height)]


def _point(coordinates: object, height: int, width: int) -> list[float]:
    first = coordinates[0] if isinstance(coordinates, list) and coordinates else None
    point = _numbers(first, 2)
    if point is None:
        raise UnusableError("point_coords does not start with 2 finite numbers")
    if not (0 <= point[0] < width and 0 <= point[1] < height):
        raise UnusableError(f"its point is outside the image of {width} x {height}")
    return point


def _numbers(value: object, count: int) -> list[float] | None:
    if not isinstance(value, list) or len(value) != count:
        return None
    # Compared, not converted: JSON allows integers too large for a float.
    finite = all(
        type(number) in (int, float) and abs(number) <= sys.float_info.max for number in value
    )
    return [float(number) for number in value] if finite else None
