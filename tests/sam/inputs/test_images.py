"""`gather`: files and folders, formats, orientation, and errors that name the remedy."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from samprof.errors import MissingPackageError, UsageError
from samprof.sam.inputs.images import gather
from tests.sam.inputs.samples import (
    HEIGHT,
    MASK,
    REMEDY,
    WIDTH,
    annotation,
    compressed,
    described,
    masked,
    one_line,
    pictured,
    rewritten,
    without,
)


def test_a_file_is_one_photo_without_prompts(tmp_path: Path) -> None:
    gathered = gather(str(pictured(tmp_path)))
    (photo,) = gathered.photos
    assert photo.name == "a.png"
    assert photo.pixels.shape == (HEIGHT, WIDTH, 3)
    assert (photo.pixels == (10, 20, 30)).all()
    assert (photo.points.shape, photo.boxes.shape) == ((0, 2), (0, 4))
    assert (photo.points.dtype, photo.boxes.dtype) == (np.float64, np.float64)
    assert (gathered.skipped, gathered.looked_at, gathered.note) == ((), 1, "")


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    path = pictured(tmp_path).rename(tmp_path / "photo")
    assert gather(path).photos[0].name == "photo"


def test_a_folder_gives_its_images_by_name(tmp_path: Path) -> None:
    names = ["b.JPG", "a.jpeg", "e.WebP", "d.bmp", "c.png", "g.tif", "f.TIFF"]
    for name in [*names, ".hidden.png"]:
        pictured(tmp_path, name)
    (tmp_path / "notes.txt").write_text("not looked at")
    (tmp_path / "folder.png").mkdir()
    pictured(tmp_path / "folder.png")
    gathered = gather(tmp_path)
    assert [photo.name for photo in gathered.photos] == sorted(names)
    assert (gathered.skipped, gathered.looked_at) == ((), len(names))


def test_the_limit_counts_what_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("nothing")
    for name in ("b.png", "c.png", "d.png"):
        pictured(tmp_path, name)
    (tmp_path / "e.json").write_text("{}")
    gathered = gather(tmp_path, limit=2)
    assert [photo.name for photo in gathered.photos] == ["b.png", "c.png"]
    assert (len(gathered.skipped), gathered.looked_at) == (1, 3)
    assert len(gather(tmp_path, limit=9).photos) == 3


@pytest.mark.parametrize("limit", [0, -1, 1.5, "2", True])
def test_a_limit_is_a_number_of_images(limit: Any, tmp_path: Path) -> None:
    for source in (None, tmp_path):
        with pytest.raises(UsageError) as caught:
            gather(source, limit=limit)
        assert one_line(caught) == (
            f"images: limit={limit!r}: not a number of images; give 1 or more"
        )


def test_grey_palette_and_transparent_images_become_rgb(tmp_path: Path) -> None:
    grey = np.arange(HEIGHT * WIDTH, dtype=np.uint8).reshape(HEIGHT, WIDTH)
    colours = np.stack([grey, grey[::-1], grey[:, ::-1]], axis=-1)
    path = tmp_path / "a.png"
    of_grey = np.repeat(grey[..., None], 3, axis=2)
    assert (rewritten(path, Image.fromarray(grey)) == of_grey).all()
    assert (rewritten(path, Image.fromarray(grey > 99)) == 255 * (of_grey > 99)).all()
    assert (rewritten(path, Image.fromarray(colours)) == colours).all()
    palette = Image.fromarray(of_grey).quantize(256)
    assert (rewritten(path, palette) == np.asarray(palette.convert("RGB"))).all()
    assert (rewritten(path, palette, transparency=b"\x00\x80") == palette.convert("RGB")).all()
    clear = np.dstack([colours, grey])
    assert (rewritten(path, Image.fromarray(clear)) == colours).all()
    both = Image.merge("LA", [Image.fromarray(grey), Image.fromarray(grey)])
    assert (rewritten(path, both) == of_grey).all()
    ink = Image.fromarray(colours).convert("CMYK")
    assert (rewritten(tmp_path / "a.tif", ink) == colours).all()


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_keep_their_upper_eight(name: str, tmp_path: Path) -> None:
    deep = (np.arange(HEIGHT * WIDTH) * 273).astype(np.uint16).reshape(HEIGHT, WIDTH)
    pixels = rewritten(tmp_path / name, Image.fromarray(deep))
    assert (pixels == (deep >> 8)[..., None]).all()


def test_sixteen_bits_in_thirty_two_are_sixteen(tmp_path: Path) -> None:
    deep = (np.arange(HEIGHT * WIDTH) * 273).astype(np.int32).reshape(HEIGHT, WIDTH)
    assert (rewritten(tmp_path / "a.tif", Image.fromarray(deep)) == (deep >> 8)[..., None]).all()


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [
        (1, lambda pixels: pixels),
        (2, np.fliplr),
        (3, lambda pixels: np.rot90(pixels, 2)),
        (6, lambda pixels: np.rot90(pixels, -1)),
        (8, np.rot90),
    ],
    ids=["upright", "mirrored", "upside down", "right", "left"],
)
@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_the_orientation_is_applied(
    name: str, orientation: int, turned: Any, tmp_path: Path
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True, "exact": True} if name.endswith("webp") else {}
    got = rewritten(tmp_path / name, Image.fromarray(pixels), exif=exif, **options)
    assert (got == turned(pixels)).all()


def test_prompts_belong_to_the_turned_image(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.jpg"
    Image.new("RGB", (HEIGHT, WIDTH)).save(path, exif=exif)
    path.with_suffix(".json").write_text(described(annotation()))
    gathered = gather(path)
    assert gathered.photos[0].pixels.shape == (HEIGHT, WIDTH, 3)
    assert gathered.photos[0].points.tolist() == [[6.5, 4.0]]


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "nowhere"
    with pytest.raises(UsageError) as caught:
        gather(path)
    assert one_line(caught) == f"images: {path}: no such file or folder; check the path"


@pytest.mark.parametrize(
    ("path", "cause"), [("a" * 300, "File name too long"), ("a\0b", "embedded null byte")]
)
def test_a_path_that_cannot_be_is_an_error(path: str, cause: str) -> None:
    with pytest.raises(UsageError, match=r"; check the path$") as caught:
        gather(path)
    assert caught.value.cause == cause


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UsageError) as caught:
        gather(tmp_path)
    assert one_line(caught) == f"images: {tmp_path}: no image in this folder; {REMEDY}"


def test_a_folder_without_usable_images_names_the_first_reasons(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.json", "d.png", "e.png"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError) as caught:
        gather(tmp_path)
    assert one_line(caught) == (
        f"images: {tmp_path}: no usable image (a.png: an empty file; b.png: an empty file; "
        f"c.json: no image of that name; and 2 more); {REMEDY}"
    )


def test_without_pillow_images_name_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pictured(tmp_path)
    without("PIL", monkeypatch)
    assert gather(None).photos
    with pytest.raises(MissingPackageError) as caught:
        gather(path)
    assert one_line(caught) == (
        "images: pillow: not installed; install it with: pip install 'samprof[sam]'"
    )


def test_without_pycocotools_only_compressed_masks_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = compressed(MASK)
    without("pycocotools", monkeypatch)
    path = pictured(tmp_path, content=described(annotation(), annotation(segmentation=None)))
    assert len(gather(path).photos[0].points) == 2
    with pytest.raises(MissingPackageError) as caught:
        gather(pictured(tmp_path, content=described(masked(counts))))
    assert one_line(caught) == (
        "images: pycocotools: not installed; install it with: pip install 'samprof[sam]'"
    )


def test_torch_is_not_imported() -> None:
    code = (
        "import samprof.sam.inputs.images as i, sys; i.gather(None); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
