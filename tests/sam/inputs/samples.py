"""Image files with SA-1B annotations beside them, made by hand."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from samprof.sam.inputs.images import gather

HEIGHT, WIDTH = 12, 20
MASK = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
MASK[2:7, 4:9] = 1
REMEDY = "give an image or a folder of images: JPEG, PNG, WebP, BMP or TIFF"


def compressed(mask: np.ndarray) -> str:
    from pycocotools import mask as masks

    counts: bytes = masks.encode(np.asfortranarray(mask))["counts"]
    return counts.decode()


def runs_of(mask: np.ndarray) -> list[int]:
    """COCO's run lengths by hand: down the columns, zeros first."""
    runs, current = [0], 0
    for value in mask.T.ravel():
        if value != current:
            runs.append(0)
            current = value
        runs[-1] += 1
    return runs


def as_written(number: int) -> str:
    """One run length as COCO writes it."""
    text = ""
    while True:
        bits, number = number & 31, number >> 5
        last = number == (-1 if bits & 16 else 0)
        text += chr(48 + (bits if last else bits | 32))
        if last:
            return text


def annotation(**changes: object) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": 1,
        "bbox": [4, 2, 4, 4],
        "point_coords": [[6.5, 4.0]],
        "area": 25,
        "predicted_iou": 0.9,
        "stability_score": 0.95,
        "crop_box": [0, 0, WIDTH, HEIGHT],
        "segmentation": {"size": [HEIGHT, WIDTH], "counts": runs_of(MASK)},
    }
    return made | changes


def masked(counts: object, size: object = (HEIGHT, WIDTH)) -> dict[str, Any]:
    listed = list(size) if isinstance(size, tuple) else size
    return annotation(segmentation={"size": listed, "counts": counts})


def described(*annotations: object, width: object = WIDTH, height: object = HEIGHT) -> str:
    image = {"image_id": 1, "width": width, "height": height, "file_name": "a.png"}
    return json.dumps({"image": image, "annotations": list(annotations)})


def pictured(folder: Path, name: str = "a.png", content: str | None = None) -> Path:
    path = folder / name
    Image.new("RGB", (WIDTH, HEIGHT), (10, 20, 30)).save(path)
    if content is not None:
        path.with_suffix(".json").write_text(content)
    return path


def skipped_for(folder: Path, *annotations: object) -> str:
    """What is said of the only bad annotation."""
    gathered = gather(pictured(folder, content=described(*annotations)))
    assert len(gathered.skipped) == 1
    assert len(gathered.photos[0].points) == len(annotations) - 1
    return gathered.skipped[0]


def one_line(caught: pytest.ExceptionInfo[Any]) -> str:
    message = str(caught.value)
    assert "\n" not in message
    return message


def rewritten(path: Path, image: Image.Image, **options: Any) -> np.ndarray:
    image.save(path, **options)
    (photo,) = gather(path).photos
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.shape[2:] == (3,)
    return photo.pixels


def without(package: str, patch: pytest.MonkeyPatch) -> None:
    for name in (package, f"{package}.mask"):
        patch.setitem(sys.modules, name, None)
