"""Images with their prompts for workloads: from a folder, from one file, or synthetic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samprof.errors import UsageError
from samprof.sam.inputs.photo import Photo
from samprof.sam.inputs.pixels import read_pixels
from samprof.sam.inputs.sa1b import PromptFile, read_prompt_file
from samprof.sam.inputs.synthetic import synthetic
from samprof.sam.inputs.unusable import UnusableError, reason

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
_NAMED = 3
_REMEDY = "give an image or a folder of images: JPEG, PNG, WebP, BMP or TIFF"


@dataclass(frozen=True, slots=True)
class Gathered:
    """The usable images of a source, and what was skipped.

    Attributes:
        photos: ordered by file name.
        skipped: "name: reason" for each image, JSON file and annotation that was skipped.
        looked_at: how many images, JSON files and annotations were examined, skipped ones included.
    """

    photos: tuple[Photo, ...]
    skipped: tuple[str, ...]
    looked_at: int

    @property
    def note(self) -> str:
        """One line on what was skipped; empty if nothing was.

        Example:
            >>> Gathered((), ("a.jpg: an empty file",), 5).note
            'skipped 1 of 5: a.jpg: an empty file'
        """
        if not self.skipped:
            return ""
        return f"skipped {len(self.skipped)} of {self.looked_at}: {_first_of(self.skipped)}"


def gather(source: str | Path | None, *, limit: int | None = None) -> Gathered:
    """Reads the images of a source with their prompts into memory.

    Args:
        source: a file, or a folder, whose images (jpg, jpeg, png, webp, bmp, tif, tiff) are taken
            in the order of their names; hidden files and subfolders are ignored. The prompts of
            `a.jpg` are in `a.json` beside it, in SA-1B's layout. None gives one synthetic image.
        limit: stop after this many images; None takes all.

    Raises:
        UsageError: the path does not exist, holds no usable image, or the limit is below 1.
        MissingPackageError: Pillow is not installed, or pycocotools is not and there are masks to read.

    Example:
        >>> len(gather(None).photos)
        1
    """
    if limit is not None and (type(limit) is not int or limit < 1):
        raise UsageError("images", f"limit={limit!r}", "not a number of images", "give 1 or more")
    if source is None:
        return Gathered((synthetic(),), (), 1)
    source = Path(source)
    photos: list[Photo] = []
    skipped: list[str] = []
    looked_at = 0
    for path in _listed(source):
        looked_at += 1
        name = _shown(path)
        try:
            pixels = read_pixels(path, alone=path == source)
        except UnusableError as error:
            skipped.append(f"{name}: {error}")
            continue  # its prompts are of no use without it
        prompts = _prompts_beside(path, pixels)
        photos.append(Photo(name, pixels, prompts.points, prompts.boxes))
        skipped += prompts.skipped
        looked_at += prompts.looked_at
        if len(photos) == limit:
            break
    if not photos:
        cause = f"no usable image ({_first_of(skipped)})" if skipped else "no image in this folder"
        raise UsageError("images", source, cause, _REMEDY)
    return Gathered(tuple(photos), tuple(skipped), looked_at)


def count_images(source: str | Path) -> int:
    """How many images there are where somebody says so, without reading any.

    Raises:
        UsageError: the path does not exist, or is a folder without an image.
    """
    listed = _listed(Path(source))
    if not listed:
        raise UsageError("images", source, "no image in this folder", _REMEDY)
    return len([path for path in listed if path.suffix != ".json"]) or len(listed)


def photos_of(
    source: str | Path | None, *, limit: int | None = None
) -> tuple[tuple[Photo, ...], tuple[str, ...]]:
    """The images of a source, and a note on those that were skipped, if any.

    Arguments and errors are those of `gather`.
    """
    gathered = gather(source, limit=limit)
    return gathered.photos, ((gathered.note,) if gathered.note else ())


def _listed(source: Path) -> list[Path]:
    """The images of a source, and the JSON files that belong to no image, by name."""
    try:
        if not source.is_dir():
            source.stat()
            return [source]
        found = sorted(source.iterdir(), key=lambda path: path.name)
        files = [path for path in found if not path.name.startswith(".") and not path.is_dir()]
    except FileNotFoundError:
        raise UsageError("images", source, "no such file or folder", "check the path") from None
    except (OSError, ValueError) as error:  # such as a null byte in the path
        raise UsageError("images", source, reason(error), "check the path") from None
    stems = {path.stem for path in files if path.suffix.lower() in _SUFFIXES}
    return [
        path
        for path in files
        if path.suffix.lower() in _SUFFIXES or (path.suffix == ".json" and path.stem not in stems)
    ]


def _shown(path: Path) -> str:
    """The file name in printable form: it may hold bytes that are not valid text."""
    return path.name.encode(errors="surrogateescape").decode(errors="replace")


def _prompts_beside(path: Path, pixels: NDArray[np.uint8]) -> PromptFile:
    beside = path.with_suffix(".json")
    # A dangling link is reported as unreadable; reading from a pipe would block.
    if beside.is_file() or (beside.is_symlink() and not beside.exists()):
        return read_prompt_file(beside, _shown(beside), pixels.shape[0], pixels.shape[1])
    return PromptFile(np.empty((0, 2)), np.empty((0, 4)), (), 0)


def _first_of(skipped: tuple[str, ...] | list[str]) -> str:
    more = len(skipped) - _NAMED
    named = [*skipped[:_NAMED], f"and {more} more"] if more > 0 else skipped
    return " ".join("; ".join(named).split())
