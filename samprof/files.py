"""Files that are there whole or not at all, and where samprof keeps what is worth keeping."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes its name when the block ends, and vanishes when the block fails.

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
    """Copies a file so that the copy is there whole or not at all; its folder is made if missing.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as ready, written_whole(target) as file:
        shutil.copyfileobj(ready, file)


def kept_folder() -> Path:
    """The folder of what is kept for the user from one call to the next: peaks of devices, and the like.

    Raises:
        RuntimeError: the user has no home.
    """
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG specification: a path that is not absolute counts as none.
    return (given if given.is_absolute() else Path.home() / ".cache") / "samprof"
