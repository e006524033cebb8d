"""Files that are written whole or not at all, and the cache directory."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes its name when the block ends and is removed if the block fails.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def copy_whole(source: Path, target: Path) -> None:
    """Copies a file, whole or not at all; creates the folder if it is missing.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as ready, written_whole(target) as file:
        shutil.copyfileobj(ready, file)


def cache_directory() -> Path:
    """The directory of the user's cache: peaks of devices, traces that were read, and the like.

    Raises:
        RuntimeError: the user has no home directory.
    """
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # By the XDG specification, a path that is not absolute is ignored.
    return (given if given.is_absolute() else Path.home() / ".cache") / "samprof"
