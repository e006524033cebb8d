"""What earlier sweeps left in a run directory: files that a kill cut short, and runs to be removed."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from samprof.files import is_partial
from samprof.sweeps.run.stored.lock import LOCK_FILE

TRY_PREFIX = ".largest-"
"""Of the temporary folders of a search for the largest batch."""
_REMOVED_PREFIX = ".removed-"


def is_empty(root: Path, ours: Iterable[str]) -> bool:
    """Whether a directory holds nothing, or only what samprof was about to write when it was killed.

    Args:
        root: the directory.
        ours: names of samprof's files in it.
    """
    begun = _names_begun(ours)
    return all(path.name == LOCK_FILE or _is_begun(path, begun) for path in root.iterdir())


def remove_leftovers(root: Path, ours: Iterable[str]) -> None:
    """Removes what sweeps that were killed left in their run directory; the lock must be held.

    Args:
        root: the directory.
        ours: names of samprof's files in it.

    Raises:
        OSError: something cannot be removed.
    """
    for path in list(_leftovers(root, _names_begun(ours))):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def set_aside(root: Path, names: Iterable[str]) -> None:
    """Makes files and folders disappear, each at once; `remove_leftovers` removes them.

    Raises:
        OSError: one cannot be renamed.
    """
    aside = root / f"{_REMOVED_PREFIX}{uuid.uuid4().hex[:8]}"
    aside.mkdir()
    for name in names:
        if (root / name).exists():
            (root / name).rename(aside / name)


def _leftovers(root: Path, begun: tuple[str, ...]) -> Iterator[Path]:
    for path in root.iterdir():
        if path.name.startswith((TRY_PREFIX, _REMOVED_PREFIX)) or _is_begun(path, begun):
            yield path
    for folder in ("points", "traces/*", "figures"):
        yield from filter(is_partial, root.glob(f"{folder}/.*"))


def _names_begun(ours: Iterable[str]) -> tuple[str, ...]:
    return tuple(f".{name}." for name in (LOCK_FILE, *ours))


def _is_begun(path: Path, begun: tuple[str, ...]) -> bool:
    """Whether it is one of samprof's files that was not written to its end."""
    return is_partial(path) and path.name.startswith(begun)
