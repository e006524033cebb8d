"""`gather` and `synthetic`: images of all kinds, SA-1B prompts, and what can be wrong in them."""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from samprof.errors import MissingPackageError, UsageError
from samprof.sam.images import Gathered, Photo, gather, synthetic

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


# Images


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
    "wide",
    [
        np.full((4, 5), 70_000, dtype=np.int32),
        np.full((4, 5), -1, dtype=np.int32),
        np.full((4, 5), 0.5, dtype=np.float32),
    ],
    ids=["large", "negative", "float"],
)
def test_thirty_two_bits_are_skipped(wide: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(wide).save(path)
    assert reason_for(path) == "its pixels have 32 bits, not 8 or 16"


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


# Images that cannot be used


def reason_for(path: Path) -> str:
    """Why a file alone is no photo; beside a good one it is skipped for the same reason."""
    with pytest.raises(UsageError) as caught:
        gather(path)
    begin, end = f"images: {path}: no usable image ({path.name}: ", f"); {REMEDY}"
    message = one_line(caught)
    assert message.startswith(begin)
    assert message.endswith(end)
    reason = message[len(begin) : -len(end)]
    pictured(path.parent, "z.png")
    gathered = gather(path.parent)
    assert [photo.name for photo in gathered.photos] == ["z.png"]
    assert gathered.skipped == (f"{path.name}: {reason}",)
    assert gathered.note == f"skipped 1 of 2: {path.name}: {reason}"
    return reason


def png_of(width: int, height: int) -> bytes:
    """A PNG that says this size and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def test_an_empty_file_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.touch()
    assert reason_for(path) == "an empty file"


@pytest.mark.parametrize(
    "content",
    [b"<!DOCTYPE html>", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0\n", png_of(0, 4)],
    ids=["page", "start", "program", "zero size"],
)
def test_what_is_no_image_is_skipped(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    assert reason_for(path) == "not an image (no JPEG, PNG, WebP, BMP or TIFF)"


def test_an_image_of_another_kind_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (4, 4)).save(path, format="GIF")
    assert reason_for(path) == "not an image (no JPEG, PNG, WebP, BMP or TIFF)"


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.bmp", "a.tif", "a.webp"])
def test_a_truncated_image_is_skipped(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    reason = reason_for(path)
    assert reason.startswith(("cannot be read (", "not an image ("))
    if name == "a.jpg":
        assert reason.startswith("cannot be read (image file is truncated (")


def test_a_decompression_bomb_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png_of(60_000, 60_000))
    reason = reason_for(path)
    assert reason.startswith("too many pixels (Image size (3600000000 pixels) exceeds limit of ")


def test_a_large_image_is_used_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pictured(tmp_path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", HEIGHT * WIDTH - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gather(path).photos


def test_a_text_bomb_is_skipped(tmp_path: Path) -> None:
    text = b"zTXt" + b"a\0\0" + zlib.compress(b"\0" * (1 << 22))
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    content = png_of(4, 4)
    path = tmp_path / "a.png"
    path.write_bytes(content[:33] + chunk + content[33:])
    assert reason_for(path).startswith("cannot be read (Decompressed data too large")


def test_what_is_no_file_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    os.mkfifo(path)
    assert reason_for(path) == "not a file to read"


def test_a_link_to_nothing_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "nowhere")
    pictured(tmp_path, "b.png")
    assert gather(tmp_path).skipped == ("a.png: cannot be read (No such file or directory)",)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_file_that_may_not_be_read_is_skipped(tmp_path: Path) -> None:
    path = pictured(tmp_path)
    path.chmod(0)
    assert reason_for(path) == "cannot be read (Permission denied)"


def test_what_is_skipped_is_named_in_order_and_then_counted(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("no")
    pictured(tmp_path, "b.png", "[")
    (tmp_path / "c.json").write_text("{}")
    assert gather(tmp_path).note == (
        "skipped 3 of 4: a.jpg: not an image (no JPEG, PNG, WebP, BMP or TIFF); "
        "b.json: not JSON (Expecting value: line 1 column 2 (char 1)), so its image has no "
        "prompts; c.json: no image of that name"
    )
    (tmp_path / "d.png").touch()
    assert gather(tmp_path).note.endswith("; c.json: no image of that name; and 1 more")
    (tmp_path / "e.png").touch()
    gathered = gather(tmp_path)
    assert gathered.note.startswith("skipped 5 of 6: a.jpg: ")
    assert gathered.note.endswith("; c.json: no image of that name; and 2 more")
    assert gathered.skipped[3:] == ("d.png: an empty file", "e.png: an empty file")


def test_a_name_that_is_no_text_can_be_printed(tmp_path: Path) -> None:
    bad = os.fsencode(tmp_path) + b"/\xff\nb.png"
    try:
        Path(os.fsdecode(bad)).touch()
    except OSError:
        pytest.skip("this file system takes text only")
    pictured(tmp_path, "a.png")
    gathered = gather(tmp_path)
    assert gathered.skipped == ("\ufffd\nb.png: an empty file",)
    assert gathered.note == "skipped 1 of 2: \ufffd b.png: an empty file"


# Sources that give nothing


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


# Prompts


def test_good_annotations_give_a_point_and_a_box_each(tmp_path: Path) -> None:
    annotations = [
        annotation(),
        masked(compressed(MASK)),
        annotation(bbox=[0, 0, WIDTH, HEIGHT], point_coords=[[0, 0], [5, 5]], segmentation=None),
    ]
    del annotations[0]["segmentation"]
    gathered = gather(pictured(tmp_path, content=described(*annotations)))
    assert gathered == Gathered(gathered.photos, (), 5)
    (photo,) = gathered.photos
    assert photo.points.tolist() == [[6.5, 4], [6.5, 4], [0, 0]]
    assert photo.boxes.tolist() == [[4, 2, 8, 6], [4, 2, 8, 6], [0, 0, WIDTH, HEIGHT]]
    assert (photo.points.dtype, photo.boxes.dtype) == (np.float64, np.float64)


def test_each_image_of_a_folder_has_its_own_prompts(tmp_path: Path) -> None:
    pictured(tmp_path, "a.x.png", described(annotation(point_coords=[[1, 2]])))
    pictured(tmp_path, "b.png")
    pictured(tmp_path, "c.jpg", described(annotation(point_coords=[[3, 4]])))
    gathered = gather(tmp_path)
    assert [photo.points.tolist() for photo in gathered.photos] == [[[1, 2]], [], [[3, 4]]]
    assert (gathered.skipped, gathered.looked_at) == ((), 7)


def test_a_box_with_decimals_may_end_at_the_edge(tmp_path: Path) -> None:
    left = 5.3
    wide = WIDTH - left + 1e-9
    path = pictured(tmp_path, content=described(annotation(bbox=[left, 1, wide, HEIGHT - 1])))
    assert gather(path).photos[0].boxes.tolist() == [[left, 1, WIDTH, HEIGHT]]


def test_annotations_are_skipped_by_their_place(tmp_path: Path) -> None:
    good, bad = annotation(), annotation(bbox=None)
    gathered = gather(pictured(tmp_path, "sa_1.png", described(bad, good, good, bad)))
    assert gathered.skipped == (
        "sa_1.json, annotation 0: bbox is not 4 finite numbers",
        "sa_1.json, annotation 3: bbox is not 4 finite numbers",
    )
    assert gathered.note.startswith("skipped 2 of 6: sa_1.json, annotation 0: ")
    assert gathered.photos[0].boxes.shape == (2, 4)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (7, "not a JSON object"),
        ({}, "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 3]), "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 3, "4"]), "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 3, True]), "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 3, float("nan")]), "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 3, float("inf")]), "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 3, 10**400]), "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 0, 4]), "bbox is empty"),
        (annotation(bbox=[1, 2, 4, -1]), "bbox is empty"),
        (annotation(bbox=[1, 2, 4, 1e-300]), "bbox is empty"),
        (annotation(bbox=[-1, 2, 4, 4]), "bbox is not inside the image of 20 x 12"),
        (annotation(bbox=[1, -2, 4, 4]), "bbox is not inside the image of 20 x 12"),
        (annotation(bbox=[1, 2, 19.5, 4]), "bbox is not inside the image of 20 x 12"),
        (annotation(bbox=[1, 2, 4, 11]), "bbox is not inside the image of 20 x 12"),
        (annotation(bbox=[1, 2, 1e308, 1.7e308]), "bbox is not inside the image of 20 x 12"),
        (annotation(point_coords=None), "point_coords does not start with 2 finite numbers"),
        (annotation(point_coords=[]), "point_coords does not start with 2 finite numbers"),
        (annotation(point_coords=[1, 2]), "point_coords does not start with 2 finite numbers"),
        (annotation(point_coords=[[1]]), "point_coords does not start with 2 finite numbers"),
        (annotation(point_coords=[[-0.1, 2]]), "its point is outside the image of 20 x 12"),
        (annotation(point_coords=[[20, 2]]), "its point is outside the image of 20 x 12"),
        (annotation(point_coords=[[1, -1]]), "its point is outside the image of 20 x 12"),
        (annotation(point_coords=[[1, 12]]), "its point is outside the image of 20 x 12"),
        (
            annotation(segmentation=[[1, 2, 3, 4]]),
            "its mask is not run lengths with size and counts",
        ),
        (
            annotation(segmentation={"size": [12, 20]}),
            "its mask is not run lengths with size and counts",
        ),
        (masked(runs_of(MASK), (20, 12)), "its mask's size is [20, 12], the image's is [12, 20]"),
        (masked(runs_of(MASK), "12"), "its mask's size is '12', the image's is [12, 20]"),
        (masked([100, 139]), "its mask's runs do not sum to 12 x 20 pixels"),
        (masked([100, 141]), "its mask's runs do not sum to 12 x 20 pixels"),
        (masked([10**4000] * 3), "its mask's runs do not sum to 12 x 20 pixels"),
        (masked([]), "its mask's runs do not sum to 12 x 20 pixels"),
        (masked([240]), "its mask is empty"),
        (masked([100, 0, 140]), "its mask is empty"),
        (masked([250, -10]), "its mask's runs are not whole numbers from 0"),
        (masked([100, 140.0]), "its mask's runs are not whole numbers from 0"),
        (masked([239, True]), "its mask's runs are not whole numbers from 0"),
        (masked(None), "its mask's runs are not whole numbers from 0"),
        (masked({"a": 1}), "its mask's runs are not whole numbers from 0"),
    ],
)
def test_a_bad_annotation_is_skipped_for_what_is_wrong(bad: Any, said: str, tmp_path: Path) -> None:
    assert skipped_for(tmp_path, annotation(), bad) == f"a.json, annotation 1: {said}"


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ("", "its mask's runs do not sum to 12 x 20 pixels"),
        ("1O", "its mask's runs are not whole numbers from 0"),
        ("00000", "its mask's runs do not sum to 12 x 20 pixels"),
        (as_written(239) + as_written(2), "its mask's runs do not sum to 12 x 20 pixels"),
        (as_written(240), "its mask is empty"),
        (as_written(240) + "0", "its mask is empty"),
        (as_written(241) + as_written(-1), "its mask's runs are not whole numbers from 0"),
        ("P", "its mask's counts stop inside a run"),
        (as_written(239) + "1P", "its mask's counts stop inside a run"),
        ("o" * 1000, "its mask's counts hold a run without an end"),
        ("P" * 6 + "0", "its mask's counts hold a run without an end"),
        ("P" * 5 + "?", "its mask's runs do not sum to 12 x 20 pixels"),
        ("p", "its mask's counts hold a character that is none of COCO's"),
        ("/", "its mask's counts hold a character that is none of COCO's"),
        ("0\x000", "its mask's counts hold a character that is none of COCO's"),
        ("é", "its mask's counts hold a character that is none of COCO's"),
        ("\ud800", "its mask's counts hold a character that is none of COCO's"),
    ],
    ids=ascii,
)
def test_bad_counts_are_skipped_for_what_is_wrong(counts: str, said: str, tmp_path: Path) -> None:
    assert skipped_for(tmp_path, masked(counts)) == f"a.json, annotation 0: {said}"


def test_counts_that_are_not_checked_never_reach_the_c_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pycocotools.mask

    seen: list[object] = []
    monkeypatch.setattr(pycocotools.mask, "area", lambda mask: seen.append(mask) or 1)
    good = compressed(MASK)
    bad = ["o" * 50, "P", as_written(10**9), good + "0" + as_written(5), good[:-1], "\n"]
    gathered = gather(pictured(tmp_path, content=described(*map(masked, bad), masked(good))))
    assert len(gathered.skipped) == len(bad)
    assert seen == [{"size": [HEIGHT, WIDTH], "counts": good}]


# Prompts that belong to nothing, or say nothing


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not JSON (Expecting value: line 1 column 1 (char 0))"),
        ("{'a': 1}", "not JSON (Expecting property name enclosed in double quotes: "),
        ('{"a": 1' + "0" * 5000 + "}", "not JSON (Exceeds the limit (4300 digits) "),
        ("[" * 200_000, "not JSON (maximum recursion depth exceeded "),
        ("[1]", "not a JSON object"),
        ("null", "not a JSON object"),
        ('{"annotations": []}', "it does not say the image's width and height"),
        ('{"image": [], "annotations": []}', "it does not say the image's width and height"),
        ('{"image": {"width": 20}}', "it does not say the image's width and height"),
        (described(width=21), "made for an image of 21 x 12, not 20 x 12"),
        (described(height=20, width=12), "made for an image of 12 x 20, not 20 x 12"),
        (described(width="20"), "made for an image of '20' x 12, not 20 x 12"),
        ('{"image": {"width": 20, "height": 12}}', "it holds no list of annotations"),
        (described().replace("[]", "{}"), "it holds no list of annotations"),
    ],
    ids=[
        *("empty", "no JSON", "digits", "deep", "list", "null", "no image", "image", "no height"),
        *("width", "turned", "text", "no annotations", "annotations"),
    ],
)
def test_an_image_beside_bad_json_has_no_prompts(content: str, said: str, tmp_path: Path) -> None:
    gathered = gather(pictured(tmp_path, content=content))
    (photo,) = gathered.photos
    assert (photo.points.shape, photo.boxes.shape) == ((0, 2), (0, 4))
    (line,) = gathered.skipped
    assert line.startswith(f"a.json: {said}")
    assert line.endswith(", so its image has no prompts")
    assert gathered.looked_at == 2


def test_json_of_bytes_that_are_no_text_is_not_json(tmp_path: Path) -> None:
    path = pictured(tmp_path)
    path.with_suffix(".json").write_bytes(b'{"\xff": 1}')
    (line,) = gather(path).skipped
    assert line.startswith("a.json: not JSON ('utf-8' codec can't decode byte 0xff ")


def test_json_that_is_a_link_to_nothing_is_said(tmp_path: Path) -> None:
    path = pictured(tmp_path)
    path.with_suffix(".json").symlink_to(tmp_path / "nowhere")
    assert gather(path).skipped == (
        "a.json: cannot be read (No such file or directory), so its image has no prompts",
    )


def test_json_that_is_a_folder_is_none(tmp_path: Path) -> None:
    path = pictured(tmp_path)
    path.with_suffix(".json").mkdir()
    assert gather(tmp_path).skipped == gather(path).skipped == ()


# Packages that are not installed


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
    code = "import samprof.sam.images as i, sys; i.gather(None); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# Whatever is in the file


def gathered_with(content: str) -> Gathered:
    """A photo beside this JSON."""
    folder = Path(tempfile.mkdtemp())
    try:
        return gather(pictured(folder, content=content))
    finally:
        shutil.rmtree(folder)


@settings(max_examples=150)
@given(
    counts=st.one_of(
        st.text(max_size=40),
        st.text(st.characters(min_codepoint=48, max_codepoint=111), max_size=60),
        st.lists(st.integers(-300, 2**62), max_size=9).map(
            lambda runs: "".join(as_written(run) for run in runs)
        ),
    )
)
@example(counts="\x00")
@example(counts="o" * 5000)
@example(counts=as_written(2**31) + as_written(2**31))
def test_any_counts_are_decoded_or_skipped(counts: str) -> None:
    gathered = gathered_with(described(masked(counts)))
    assert len(gathered.photos[0].points) + len(gathered.skipped) == 1


@settings(max_examples=60)
@given(flips=st.lists(st.booleans(), min_size=HEIGHT * WIDTH, max_size=HEIGHT * WIDTH))
def test_any_mask_but_an_empty_one_is_read(flips: list[bool]) -> None:
    mask = np.array(flips, dtype=np.uint8).reshape(HEIGHT, WIDTH)
    gathered = gathered_with(described(masked(compressed(mask)), masked(runs_of(mask))))
    assert len(gathered.photos[0].points) == (2 if mask.any() else 0)


@given(first=st.integers(0, 240), second=st.integers(0, 240))
def test_any_three_runs_are_a_mask_if_they_fill_it(first: int, second: int) -> None:
    runs = [first, second, HEIGHT * WIDTH - first - second]
    gathered = gathered_with(described(masked("".join(map(as_written, runs)))))
    good = runs[2] >= 0 and runs[1] > 0
    assert len(gathered.photos[0].points) == good


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=9,
)


@settings(max_examples=150)
@given(key=st.sampled_from(["bbox", "point_coords", "segmentation", "size", "counts"]), value=JSON)
def test_any_annotation_is_read_or_skipped(key: str, value: object) -> None:
    made = annotation()
    (made["segmentation"] if key in made["segmentation"] else made)[key] = value
    gathered = gathered_with(described(made))
    assert len(gathered.photos[0].points) + len(gathered.skipped) == 1


@settings(max_examples=100)
@given(value=JSON | st.fixed_dictionaries({"image": JSON, "annotations": JSON}))
def test_any_json_leaves_the_image(value: object) -> None:
    gathered = gathered_with(json.dumps(value))
    assert len(gathered.photos) == len(gathered.skipped) == 1


@settings(max_examples=100)
@given(
    place=st.integers(0, 400),
    content=st.binary(min_size=1, max_size=8),
    kind=st.sampled_from(["jpg", "png", "bmp", "tif", "webp"]),
)
def test_any_broken_image_is_read_or_skipped(place: int, content: bytes, kind: str) -> None:
    folder = Path(tempfile.mkdtemp())
    with pytest.MonkeyPatch.context() as patch:
        # What says that it is huge takes memory before it turns out to be broken.
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)
        path = pictured(folder, f"a.{kind}")
        whole = path.read_bytes()
        path.write_bytes(whole[:place] + content + whole[place + len(content) :])
        pictured(folder, "b.png")
        gathered = gather(folder)
    shutil.rmtree(folder)
    assert len(gathered.photos) + len(gathered.skipped) == 2
    assert "\n" not in gathered.note


# The made-up image


def test_no_source_is_the_made_up_image() -> None:
    gathered = gather(None, limit=3)
    (photo,) = gathered.photos
    assert (gathered.skipped, gathered.looked_at, gathered.note) == ((), 1, "")
    assert photo.name == "synthetic 1024 x 768"
    assert photo.pixels.shape == (768, 1024, 3)
    assert (photo.pixels == synthetic().pixels).all()


@pytest.mark.parametrize("size", [(768, 1024), (15, 20), (100, 37), (17, 400)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_shapes_are_where_the_prompts_say(size: tuple[int, int], seed: int) -> None:
    photo = synthetic(size, seed)
    assert isinstance(photo, Photo)
    assert (photo.pixels.dtype, photo.pixels.shape) == (np.uint8, (*size, 3))
    assert (photo.points.dtype, photo.points.shape) == (np.float64, (12, 2))
    assert (photo.boxes.dtype, photo.boxes.shape) == (np.float64, (12, 4))
    assert (photo.points == (photo.boxes[:, :2] + photo.boxes[:, 2:]) / 2).all()
    # The background is of middle shades, which no shape is of.
    drawn = ((photo.pixels < 64) | (photo.pixels > 191)).all(axis=2)
    left = drawn.copy()
    for left_edge, top, right, bottom in photo.boxes.astype(int):
        assert 0 <= left_edge < right < size[1]
        assert 0 <= top < bottom < size[0]
        shape = drawn[top : bottom + 1, left_edge : right + 1]
        assert shape[0].any()
        assert shape[-1].any()
        assert shape[:, 0].any()
        assert shape[:, -1].any()
        assert shape[shape.shape[0] // 2, shape.shape[1] // 2]
        left[top : bottom + 1, left_edge : right + 1] = False
    assert not left.any()


def test_the_background_is_smooth() -> None:
    photo = synthetic()
    middle = ((photo.pixels >= 96) & (photo.pixels < 160)).all(axis=2)
    steps = np.abs(np.diff(photo.pixels.astype(int), axis=1)).max(axis=2)
    assert steps[middle[:, 1:] & middle[:, :-1]].max() <= 1


def test_the_same_seed_is_the_same_image() -> None:
    first, again, other = synthetic((60, 80), 5), synthetic((60, 80), 5), synthetic((60, 80), 6)
    for name in ("pixels", "points", "boxes"):
        assert (getattr(first, name) == getattr(again, name)).all()
        assert (getattr(first, name) != getattr(other, name)).any()


@pytest.mark.parametrize("size", [(14, 20), (15, 19), (0, 0)])
def test_a_size_without_room_for_the_shapes_is_an_error(size: tuple[int, int]) -> None:
    with pytest.raises(UsageError) as caught:
        synthetic(size)
    assert one_line(caught) == (
        f"images: size={size!r}: too small for a dozen shapes; give at least 15 x 20"
    )
