"""Files that are written whole or not at all, temporary folders, and the cache directory."""

import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

SCRATCH = "SAMPROF_SCRATCH"
"""Environment variable: the folder that holds a process's temporary folders, and is removed after it."""
_PARTIAL = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}")


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


def is_partial(path: Path) -> bool:
    """Whether it is what `written_whole` leaves of a file when its process is killed.

    Example:
        >>> is_partial(Path("points/.b0001.json.0a1b2c3d")), is_partial(Path("points/b0001.json"))
        (True, False)
    """
    return _PARTIAL.fullmatch(path.name) is not None


def temporary_folder(
    prefix: str = "samprof-", *, ignore_cleanup_errors: bool = False
) -> tempfile.TemporaryDirectory[str]:
    """A temporary folder that goes with this process, also where that is killed.

    Raises:
        OSError: it cannot be created.
    """
    return tempfile.TemporaryDirectory(
        prefix=prefix,
        dir=os.environ.get(SCRATCH),
        ignore_cleanup_errors=ignore_cleanup_errors,
    )


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
