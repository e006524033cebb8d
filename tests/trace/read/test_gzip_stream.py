"""The plain bytes of a file; the content tells whether it is compressed."""

import gzip
import zlib
from pathlib import Path

import pytest

from samprof.trace.read.gzip_stream import BROKEN_GZIP, checksum, is_gzip, open_plain

TEXT = b'{"traceEvents": []}' * 1000


@pytest.mark.parametrize("name", ["trace.json", "trace.json.gz"])
@pytest.mark.parametrize("compressed", [False, True])
def test_the_content_tells_and_not_the_name(tmp_path: Path, name: str, compressed: bool) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(TEXT) if compressed else TEXT)
    assert is_gzip(path) == compressed
    with open_plain(path) as stream:
        assert stream.read() == TEXT


def test_a_file_too_short_for_the_mark_is_plain(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    path.write_bytes(b"\x1f")
    assert not is_gzip(path)


def test_several_gzip_members_are_one_text(tmp_path: Path) -> None:
    path = tmp_path / "trace.json.gz"
    path.write_bytes(gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:]))
    with open_plain(path) as stream:
        assert stream.read() == TEXT


def test_a_damaged_stream_raises_one_of_the_named_errors(tmp_path: Path) -> None:
    path = tmp_path / "trace.json.gz"
    content = bytearray(gzip.compress(TEXT))
    content[20] ^= 0xFF
    path.write_bytes(content)
    with open_plain(path) as stream, pytest.raises((*BROKEN_GZIP, EOFError)):
        stream.read()


def test_the_checksum_is_that_of_zip() -> None:
    assert checksum(TEXT) == checksum(memoryview(TEXT)) == zlib.crc32(TEXT)
