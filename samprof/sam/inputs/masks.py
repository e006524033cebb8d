"""Masks in SA-1B's annotations: run lengths, plain or in COCO's compressed string, checked."""

from __future__ import annotations

import importlib
import reprlib

from samprof.errors import MissingPackageError
from samprof.sam.inputs.unusable import UnusableError

# A run in COCO's string takes at most six characters of five bits: 29 bits and a sign, more than
# the pixels of any image that Pillow opens. The C code shifts a 32-bit number as far as it is told.
_LAST_SHIFT = 25


def check_mask(segmentation: object, height: int, width: int) -> None:
    """Checks that a segmentation is the run lengths of a mask of this size that is not empty.

    Raises:
        UnusableError: it is not.
        MissingPackageError: it is compressed, and pycocotools is not installed.
    """
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
    """The runs in COCO's string, checked here because the C code of pycocotools does not check it.

    Every character has five bits, the lowest first; a sixth says whether more follow. From the fourth
    run on, what is written is the difference to the run before the last.
    """
    runs: list[int] = []
    value = shift = 0
    for character in counts:
        bits = ord(character) - 48
        if not 0 <= bits < 64:
            raise UnusableError("its mask's counts hold a character that COCO does not use")
        if shift > _LAST_SHIFT:
            raise UnusableError("its mask's counts hold a run that is too long")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    if shift:
        raise UnusableError("its mask's counts end inside a run")
    return runs


def _area(counts: str, height: int, width: int) -> int:
    try:
        # Imported by name: its type stubs are a separate package.
        masks = importlib.import_module("pycocotools.mask")
    except ImportError:
        raise MissingPackageError("images", "pycocotools", "sam") from None
    return int(masks.area({"size": [height, width], "counts": counts}))
