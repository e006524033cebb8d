"""Images and prompts for workloads: from a folder, from one file, or made up."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from samprof.errors import MissingPackageError, UsageError
from samprof.sam.sa1b import Prompts, UnusableError, read_prompts, reason

if TYPE_CHECKING:
    from PIL import Image

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
# Not all that Pillow knows: to open an EPS file is to run the program in it.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
_NAMED = 3
_ROWS, _COLUMNS = 3, 4
_SMALLEST_CELL = 5


@dataclass(frozen=True, slots=True)
class Photo:
    """An image and what to ask of it.

    Attributes:
        name: its file's.
        pixels: uint8 [H, W, 3], red, green and blue.
        points: float64 [N, 2], x and y in pixels; N may be 0.
        boxes: float64 [M, 4], x and y of the upper left and the lower right corner; M may be 0.
    """

    name: str
    pixels: NDArray[np.uint8]
    points: NDArray[np.float64]
    boxes: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The images that can be used, and what could not.

    Attributes:
        photos: in the order of their names.
        skipped: "name: reason" for each image, JSON file and annotation that was passed over.
        looked_at: how many images, JSON files and annotations there were, skipped ones included.
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
    """The images of a source with their prompts, all in memory.

    Args:
        source: a file, or a folder, whose images (jpg, jpeg, png, webp, bmp, tif, tiff) are taken
            in the order of their names, without hidden ones and subfolders. The prompts of
            `a.jpg` are in `a.json` beside it, in SA-1B's layout. None is one made-up image.
        limit: stop after this many images; None takes all.

    Raises:
        UsageError: no such path, no usable image, or a limit below 1.
        MissingPackageError: Pillow is not installed, or pycocotools where there are masks to read.

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
            pixels = _pixels(path, alone=path == source)
        except UnusableError as error:
            skipped.append(f"{name}: {error}")
            # Its prompts are lost with it.
            continue
        prompts = _prompts_beside(path, pixels)
        photos.append(Photo(name, pixels, prompts.points, prompts.boxes))
        skipped += prompts.skipped
        looked_at += prompts.looked_at
        if len(photos) == limit:
            break
    if not photos:
        cause = f"no usable image ({_first_of(skipped)})" if skipped else "no image in this folder"
        remedy = "give an image or a folder of images: JPEG, PNG, WebP, BMP or TIFF"
        raise UsageError("images", source, cause, remedy)
    return Gathered(tuple(photos), tuple(skipped), looked_at)


def photos_of(
    source: str | Path | None, *, limit: int | None = None
) -> tuple[tuple[Photo, ...], tuple[str, ...]]:
    """The images of a source, and the notes on those that were skipped: none, or one.

    See `gather`, also for what it raises.
    """
    gathered = gather(source, limit=limit)
    return gathered.photos, ((gathered.note,) if gathered.note else ())


def synthetic(size: tuple[int, int] = (768, 1024), seed: int = 0) -> Photo:
    """A made-up image: a dozen filled shapes on a smooth background, the same for the same seed.

    Args:
        size: its height and width.
        seed: of the shapes' places, sizes and colours.

    Returns:
        The image, with the shapes' centres as points, and as boxes their first and last columns
        and rows.

    Raises:
        UsageError: too small for the shapes.

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
    # Whole numbers throughout: the same bytes on every machine.
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


def _listed(source: Path) -> list[Path]:
    """The images of a source, and the JSON files that are beside no image, by name."""
    try:
        if not source.is_dir():
            source.stat()
            return [source]
        found = sorted(source.iterdir(), key=lambda path: path.name)
        files = [path for path in found if not path.name.startswith(".") and not path.is_dir()]
    except FileNotFoundError:
        raise UsageError("images", source, "no such file or folder", "check the path") from None
    except (OSError, ValueError) as error:  # a path may hold what no path can
        raise UsageError("images", source, reason(error), "check the path") from None
    stems = {path.stem for path in files if path.suffix.lower() in _SUFFIXES}
    return [
        path
        for path in files
        if path.suffix.lower() in _SUFFIXES or (path.suffix == ".json" and path.stem not in stems)
    ]


def _shown(path: Path) -> str:
    """Its name as it can be printed: a file may be called by bytes that are no text."""
    return path.name.encode(errors="surrogateescape").decode(errors="replace")


def _prompts_beside(path: Path, pixels: NDArray[np.uint8]) -> Prompts:
    beside = path.with_suffix(".json")
    # A link to nothing is named as what cannot be read; a pipe would be waited for.
    if beside.is_file() or (beside.is_symlink() and not beside.exists()):
        return read_prompts(beside, _shown(beside), pixels.shape[0], pixels.shape[1])
    return Prompts(np.empty((0, 2)), np.empty((0, 4)), (), 0)


def _pixels(path: Path, *, alone: bool) -> NDArray[np.uint8]:
    if path.suffix == ".json" and not alone:
        raise UnusableError("no image of that name")
    if path.exists() and not path.is_file():
        raise UnusableError("not a file to read")
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        raise MissingPackageError("images", "pillow", "sam") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if path.stat().st_size == 0:
                raise UnusableError("an empty file")
            with Image.open(path, formats=_FORMATS) as image:
                return _rgb(ImageOps.exif_transpose(image))
    except UnusableError:
        raise
    except UnidentifiedImageError:
        raise UnusableError("not an image (no JPEG, PNG, WebP, BMP or TIFF)") from None
    except Image.DecompressionBombError as error:
        raise UnusableError(f"too many pixels ({reason(error)})") from None
    except Exception as error:  # the decoders raise whatever the bytes lead them to
        raise UnusableError(f"cannot be read ({reason(error)})") from None


def _rgb(image: Image.Image) -> NDArray[np.uint8]:
    # Pillow cuts wider pixels off at 255, and tells 16 bits in 32 from 32 bits by nothing.
    if image.mode == "I" or image.mode.startswith("I;16"):
        grey = np.asarray(image)
        if grey.min() >= 0 and grey.max() < 1 << 16:
            return np.repeat((grey >> 8).astype(np.uint8)[..., None], 3, axis=2)
    if image.mode in ("I", "F"):
        raise UnusableError("its pixels have 32 bits, not 8 or 16")
    return np.array(image.convert("RGB"), dtype=np.uint8)


def _first_of(skipped: tuple[str, ...] | list[str]) -> str:
    more = len(skipped) - _NAMED
    named = [*skipped[:_NAMED], f"and {more} more"] if more > 0 else skipped
    return " ".join("; ".join(named).split())
