"""The plain bytes of a trace file, whether it is compressed or not."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

_gzip: Any = gzip
_zlib: Any = zlib
with suppress(ImportError):  # without isal the standard library does it too, only slower
    from isal import igzip, isal_zlib

    _gzip, _zlib = igzip, isal_zlib

_GZIP_MAGIC = b"\x1f\x8b"
BROKEN_GZIP: tuple[type[Exception], ...] = (gzip.BadGzipFile, zlib.error, _zlib.error)


def is_gzip(path: Path) -> bool:
    """Whether the file is compressed."""
    with path.open("rb") as raw:
        return raw.read(2) == _GZIP_MAGIC


@contextmanager
def open_plain(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, decompressed if they are gzip (told by the content)."""
    if is_gzip(path):
        with _gzip.open(path, "rb") as plain:
            yield cast(BinaryIO, plain)
    else:
        with path.open("rb") as raw:
            yield raw


def checksum(data: bytes | memoryview, before: int = 0) -> int:
    """CRC-32, as gzip and zip count it, of what follows data of the checksum `before`."""
    return int(_zlib.crc32(data, before))
