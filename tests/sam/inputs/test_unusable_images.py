"""Images that cannot be used are skipped, and the reason is given."""

import os
import shutil
import struct
import tempfile
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from samprof.errors import UsageError
from samprof.sam.inputs.images import gather
from tests.sam.inputs.samples import HEIGHT, REMEDY, WIDTH, one_line, pictured


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
    assert reason_for(path) == "not a regular file"


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
