"""One sweep at a time writes into a run directory: a lock file that names its owner."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from samprof.errors import RunError
from samprof.files import written_whole

try:
    import fcntl
except ImportError:  # not on Windows: there two sweeps that start at the same moment may both go on
    fcntl = None  # type: ignore[assignment]

LOCK_FILE = ".lock"
_held: dict[Path, tuple[int, int]] = {}
"""Lock file -> the process and thread that hold it."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that holds a lock.

    Attributes:
        pid, host: which, and where.
        started: when it started, in the system's own terms: a number that was used again is another
            process.
    """

    pid: int
    host: str
    started: str

    @classmethod
    def this_process(cls) -> Owner:
        """The one that asks."""
        return cls(os.getpid(), platform.node(), _started(os.getpid()))

    @property
    def is_here(self) -> bool:
        """Whether it runs, or ran, on this host."""
        return self.host == platform.node()

    @property
    def may_run(self) -> bool:
        """Whether it runs; of another host that cannot be told."""
        return not self.is_here or _started(self.pid) == self.started


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Holds the lock of a run directory; creates the directory, and removes it if it stays empty.

    The thread that holds it may take it again. What a process that is gone has left is taken over.

    Raises:
        RunError: another sweep holds it, or it cannot be written.
    """
    path = root.absolute() / LOCK_FILE
    if _held.get(path) == _this_thread():
        yield
        return
    new = [folder for folder in (path.parent, *path.parents[1:]) if not folder.exists()]
    try:
        _take(path)
        yield
    finally:
        _release(path)
        with suppress(OSError):
            for folder in new:
                folder.rmdir()  # only where nothing was written


def _take(path: Path) -> None:
    """Writes the lock file, unless it names an owner that may still run.

    Raises:
        RunError: it does, or the file cannot be written.
    """
    root = path.parent
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _alone(root):
            owner = _owner(path)
            if owner is not None and owner.may_run and _is_held(path, owner):
                raise _taken(path, owner)
            _held[path] = _this_thread()
            with written_whole(path) as file:
                file.write(json.dumps(asdict(Owner.this_process())).encode())
    except OSError as error:
        cause = error.strerror or str(error)
        raise RunError("sweep", root, cause, "choose another --out") from None


def _release(path: Path) -> None:
    """Removes the lock file, if this thread holds it."""
    if _held.get(path) != _this_thread():
        return
    if _owner(path) == Owner.this_process():
        with suppress(OSError):
            path.unlink()
    del _held[path]


def _is_held(path: Path, owner: Owner) -> bool:
    """Whether a lock with this owner counts: one of this process does while a thread of it holds it."""
    return owner != Owner.this_process() or _held.get(path, (0, 0))[0] == os.getpid()


def _this_thread() -> tuple[int, int]:
    return os.getpid(), threading.get_ident()


def _taken(path: Path, owner: Owner) -> RunError:
    remedy = "wait until it ends, or choose another --out"
    where = ""
    if not owner.is_here:
        where = f" on {owner.host}"
        remedy += f"; if it runs no more, delete {path}"
    cause = f"another sweep writes into it (process {owner.pid}{where})"
    return RunError("sweep", path.parent, cause, remedy)


def _owner(path: Path) -> Owner | None:
    """The owner that a lock file names; None where there is no file, or it names none."""
    try:
        data = json.loads(path.read_bytes())
        return Owner(int(data["pid"]), str(data["host"]), str(data["started"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Between reading and writing the lock file no other process does so; where the disk can tell."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _started(pid: int) -> str:
    """When a process started; empty where there is none, or one that has ended and is still listed."""
    with suppress(OSError, IndexError):
        # Fields 3 (state) and 22 (start); field 2 is a name in parentheses, which may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    if Path("/proc/self/stat").exists():
        return ""
    with suppress(OSError, subprocess.SubprocessError):
        listed = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        return listed.stdout.strip()
    return ""
