"""The pixels of an image file, as uint8 [H, W, 3]."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from samprof.errors import MissingPackageError
from samprof.sam.inputs.unusable import UnusableError, reason

if TYPE_CHECKING:
    from PIL import Image

# Not every format that Pillow knows: opening an EPS file runs the program in it.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")


def read_pixels(path: Path, *, alone: bool) -> NDArray[np.uint8]:
    """The pixels of an image file, turned as its EXIF orientation says.

    Args:
        path: the file.
        alone: the user named this very file; else it was found in a folder.

    Raises:
        UnusableError: it cannot be used as an image.
        MissingPackageError: Pillow is not installed.
    """
    if path.suffix == ".json" and not alone:
        raise UnusableError("no image of that name")
    if path.exists() and not path.is_file():
        raise UnusableError("not a regular file")
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
    except Exception as error:  # decoders raise anything on broken bytes
        raise UnusableError(f"cannot be read ({reason(error)})") from None


def _rgb(image: Image.Image) -> NDArray[np.uint8]:
    # Pillow clips wider pixels at 255, and its mode does not tell 16 bits stored in 32 from 32 bits.
    if image.mode == "I" or image.mode.startswith("I;16"):
        grey = np.asarray(image)
        if grey.min() >= 0 and grey.max() < 1 << 16:
            return np.repeat((grey >> 8).astype(np.uint8)[..., None], 3, axis=2)
    if image.mode in ("I", "F"):
        raise UnusableError("its pixels have 32 bits, not 8 or 16")
    return np.array(image.convert("RGB"), dtype=np.uint8)
