"""The directory that the traces of a script are written to."""

import re
from collections.abc import Iterator
from pathlib import Path

from samprof.errors import UsageError

_NOT_IN_NAMES = re.compile(r"[^\w.-]")


def folder_name(root: str) -> str:
    """The folder of a root's traces.

    Example:
        >>> folder_name("sam.predict()")
        'sam.predict'
    """
    return _NOT_IN_NAMES.sub("", root)


class Folder:
    """A directory that is made when the first file is written to it.

    Attributes:
        path: where it is, or is going to be.
    """

    def __init__(self, given: str | Path | None, usual: Path) -> None:
        """Chooses the path; it is absolute, because a script may change its working directory.

        Args:
            given: by the user; None for the usual one.
            usual: gets a number where it exists already.

        Raises:
            UsageError: the given one holds something.
        """
        self._is_usual = given is None
        self._is_made = False
        if given is None:
            self.path = next(path for path in _numbered(usual.absolute()) if not path.exists())
            return
        self.path = Path(given).absolute()
        if self.path.exists() and not (self.path.is_dir() and not any(self.path.iterdir())):
            cause = "it exists, and is not an empty directory"
            raise UsageError("run", f"--out {given}", cause, "choose a new one")

    def made(self) -> Path:
        """The directory, which now exists.

        Raises:
            OSError: it cannot be made.
        """
        if not self._is_made:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._make()
            self._is_made = True
        return self.path

    def _make(self) -> None:
        if not self._is_usual:
            self.path.mkdir(exist_ok=True)
            return
        for path in _numbered(self.path):
            try:
                path.mkdir()
            except FileExistsError:  # another process of the same job was quicker
                continue
            self.path = path
            return


def _numbered(path: Path) -> Iterator[Path]:
    """The path, then the same with 2, 3 and so on behind it."""
    yield path
    number = 2
    while True:
        yield path.with_name(f"{path.name}-{number}")
        number += 1
