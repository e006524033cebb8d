"""The prompts in the JSON file beside an SA-1B image, each checked against the image."""

from __future__ import annotations

import importlib
import json
import reprlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samprof.errors import MissingPackageError

# A run in COCO's string takes at most six characters of five bits: 29 bits and a sign, more than
# the pixels of any image that Pillow opens. The C code shifts a 32-bit number as far as it is told.
_LAST_SHIFT = 25
# x + width of a box with decimals may pass the edge by the last bit.
_ROUNDING = 1e-6


class UnusableError(Exception):
    """Why a file or an annotation is skipped."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """What one JSON file says.

    Attributes:
        points: float64 [N, 2], x and y: the first point of each good annotation.
        boxes: float64 [N, 4], x and y of two corners: its box.
        skipped: "name: reason" for the file, or for each annotation that is not good.
        looked_at: how many things that was: the file and its annotations.
    """

    points: NDArray[np.float64]
    boxes: NDArray[np.float64]
    skipped: tuple[str, ...]
    looked_at: int


def read_prompts(path: Path, name: str, height: int, width: int) -> Prompts:
    """The prompts in an SA-1B file, for the image it belongs to; never an error of the file's.

    Args:
        path: the JSON file.
        name: what to call it.
        height: the image's, in pixels.
        width: the image's, in pixels.

    Raises:
        MissingPackageError: there is a compressed mask to read, and pycocotools is not installed.
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
    return Prompts(
        np.array(points, dtype=np.float64).reshape(-1, 2),
        np.array(boxes, dtype=np.float64).reshape(-1, 4),
        tuple(skipped),
        1 + len(annotations),
    )


def reason(error: Exception) -> str:
    """What an exception says, short and in one line."""
    said = error.strerror if isinstance(error, OSError) else None
    lines = (said or str(error)).splitlines()
    return lines[0][:100] if lines else type(error).__name__


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
        raise UnusableError("it does not say the image's width and height")
    if image["width"] != width or image["height"] != height:
        said = f"{reprlib.repr(image['width'])} x {reprlib.repr(image['height'])}"
        raise UnusableError(f"made for an image of {said}, not {width} x {height}")
    if not isinstance(annotations, list):
        raise UnusableError("it holds no list of annotations")
    return annotations


def _prompt(annotation: object, height: int, width: int) -> tuple[list[float], list[float]]:
    """The first point of an annotation and its box."""
    if not isinstance(annotation, dict):
        raise UnusableError("not a JSON object")
    box = _box(annotation.get("bbox"), height, width)
    point = _point(annotation.get("point_coords"), height, width)
    segmentation = annotation.get("segmentation")
    if segmentation is not None:
        _check_mask(segmentation, height, width)
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
    # Compared, not converted: JSON has whole numbers that no float can hold.
    finite = all(
        type(number) in (int, float) and abs(number) <= sys.float_info.max for number in value
    )
    return [float(number) for number in value] if finite else None


def _check_mask(segmentation: object, height: int, width: int) -> None:
    """Raises UnusableError unless it is the run lengths of a mask of this size, and not empty."""
    if not isinstance(segmentation, dict) or not {"size", "counts"} <= segmentation.keys():
        raise UnusableError("its mask is not run lengths with size and counts")
    size, counts = segmentation["size"], segmentation["counts"]
    if size != [height, width]:
        said = reprlib.repr(size)
        raise UnusableError(f"its mask's size is {said}, the image's is [{height}, {width}]")
    runs = _decoded(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(type(run) is int and run >= 0 for run in runs):
        raise UnusableError("its mask's runs are not whole numbers from 0")
    if sum(runs) != height * width:
        raise UnusableError(f"its mask's runs do not sum to {height} x {width} pixels")
    if not (_area(counts, height, width) if isinstance(counts, str) else sum(runs[1::2])):
        raise UnusableError("its mask is empty")


def _decoded(counts: str) -> list[int]:
    """The runs in COCO's string, which the C code of pycocotools takes as it is, whatever it holds.

    Every character has five bits, the lowest first; a sixth says that more follow. From the fourth
    run on, what is written is the difference to the run before the last.
    """
    runs: list[int] = []
    value = shift = 0
    for character in counts:
        bits = ord(character) - 48
        if not 0 <= bits < 64:
            raise UnusableError("its mask's counts hold a character that is none of COCO's")
        if shift > _LAST_SHIFT:
            raise UnusableError("its mask's counts hold a run without an end")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    if shift:
        raise UnusableError("its mask's counts stop inside a run")
    return runs


def _area(counts: str, height: int, width: int) -> int:
    try:
        # Imported by name: there are no types for it unless another package is installed.
        masks = importlib.import_module("pycocotools.mask")
    except ImportError:
        raise MissingPackageError("images", "pycocotools", "sam") from None
    return int(masks.area({"size": [height, width], "counts": counts}))
