"""What there is to show below the log directory: runs with their points, and traces.

A log directory may be a stranger's. Only files inside of it are opened: links are followed to where they
end, and what ends outside is left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from samprof.errors import SamprofError
from samprof.integrations.tensorboard.profiles import OWN_RUNS, PROFILES, WORKER
from samprof.trace.read.gzip_stream import BROKEN_GZIP, open_plain
from samprof.trace.read.load import TRACE_SUFFIXES
from samprof.trace.read.split import list_start

_TRACE_ENDINGS = (".pt.trace.json", ".pt.trace.json.gz")
_WRITTEN = re.compile(r"(?P<name>.+)\.(?P<time>\d{13}|\d{16}|\d{19})\.pt\.trace\.json(\.gz)?")
"""What torch's handler and samprof call a trace: worker, then when it was written, in ms, us or ns."""
_HEAD_BYTES = 1 << 20
_UNREADABLE: tuple[type[Exception], ...] = (OSError, EOFError, *BROKEN_GZIP)


class PointFile(NamedTuple):
    """A point of a run that has a trace.

    Attributes:
        title: its size and variant.
        trace: the file.
    """

    title: str
    trace: Path


@dataclass(frozen=True, slots=True)
class RunKind:
    """How run directories are known and read, by whom knows them.

    Attributes:
        file: the name of the file that every run directory has.
        own: names in a run directory that are its own.
        points: a run directory -> its points with a trace.
    """

    file: str
    own: Sequence[str]
    points: Callable[[Path], Sequence[PointFile]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A run or a trace that can be shown.

    Attributes:
        key: names it in addresses, and tells nothing else.
        title: what it is called.
        path: the run directory or the trace file.
        run: key of the run that a trace is a point of; empty if of none.
        is_run: whether it is a run.
        message: why a run cannot be read; empty if it can.
    """

    key: str
    title: str
    path: Path
    run: str = ""
    is_run: bool = False
    message: str = ""


def entries_below(roots: Sequence[Path], kind: RunKind) -> list[Entry]:
    """The runs, each followed by its points, then the traces that are of no run, by path.

    Args:
        roots: the log directory; another directory before it has its entries first.
        kind: of the runs.
    """
    runs: list[Entry] = []
    traces: list[Entry] = []
    for number, given in enumerate(roots):
        root = given.resolve()
        for folder, names in _folders(root, kind):
            if kind.file in names:
                title = _title(folder.relative_to(root), root.name)
                if folder not in (run.path for run in runs):  # one root may be inside of the other
                    runs.append(Entry(_key(folder, number), title, folder, is_run=True))
                continue
            traces += (
                Entry(_key(path, number), _title(path.relative_to(root)), path)
                for path in sorted(folder / name for name in names)
                if _is_inside(path, root) and _is_trace(path) and not _is_of_a_copy(path)
            )
    shown: list[Entry] = []
    for run in _without_copies(runs, kind):
        shown += _with_points(run, kind)
    seen = {_identity(entry.path) for entry in shown}
    for entry in traces:
        identity = _identity(entry.path)
        if identity is not None and identity not in seen:
            seen.add(identity)
            shown.append(entry)
    return shown


def is_below(path: Path, roots: Sequence[Path]) -> bool:
    """Whether a path, all links followed, ends inside of one of these directories."""
    with suppress(OSError):
        return any(path.resolve().is_relative_to(root.resolve()) for root in roots)
    return False


def _folders(root: Path, kind: RunKind) -> Iterator[tuple[Path, list[str]]]:
    """Each folder with the names of its files; what belongs to a run is left to the run."""
    for place, folders, names in os.walk(root):  # which follows no links
        own = kind.own if kind.file in names else ()
        folders[:] = sorted(name for name in folders if name not in own and name[0] != ".")
        yield Path(place), names


def _key(path: Path, number: int) -> str:
    return sha256(os.fsencode(f"{number}/{path}")).hexdigest()[:20]


def _title(path: Path, root: str = "") -> str:
    """What is shown of a path: without what the layout prescribes, and with the time in it as one."""
    parts = list(path.parts)
    for prefix in (OWN_RUNS.parts, PROFILES.parts):
        for place in range(len(parts) - len(prefix)):
            if tuple(parts[place : place + len(prefix)]) == prefix:
                del parts[place : place + len(prefix)]
                break
    title = "/".join(parts) or root
    written = _WRITTEN.fullmatch(title)
    if written is None:
        return title
    seconds = int(written["time"]) / 10 ** (len(written["time"]) - len(str(int(2e9))))
    return f"{written['name']}, {datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M:%S}"


def _without_copies(runs: Sequence[Entry], kind: RunKind) -> list[Entry]:
    """Without the copies that log directories hold of runs that are here themselves."""
    copies = [
        run for run in runs if run.path.parent.parts[-len(OWN_RUNS.parts) :] == OWN_RUNS.parts
    ]
    others = [run for run in runs if run not in copies]
    known = {_text(run.path / kind.file) for run in others}
    hidden = [
        copy
        for copy in copies
        if _text(copy.path / kind.file) in known
        or any(copy.path.is_relative_to(run.path) for run in others)
    ]
    return [run for run in runs if run not in hidden]


def _is_of_a_copy(trace: Path) -> bool:
    """Whether a copy of a run beside it holds it as a point: links between them get lost in copying."""
    *_, plugins, profile, point, _ = ("", "", "", *trace.parts)
    if (plugins, profile) != PROFILES.parts or not trace.name.startswith(WORKER.format(rank=0)):
        return False
    copies = trace.parents[3] / OWN_RUNS
    return copies.is_dir() and any((run / "traces" / point).is_dir() for run in copies.iterdir())


def _with_points(run: Entry, kind: RunKind) -> list[Entry]:
    try:
        points = kind.points(run.path)
    except SamprofError as error:
        return [replace(run, message=str(error))]
    except OSError as error:
        return [replace(run, message=f"tensorboard: {run.path}: {error.strerror or error}")]
    found = [
        Entry(sha256(f"{run.key}/{point.title}".encode()).hexdigest()[:20], *point, run.key)
        for point in points
        if _is_inside(point.trace, run.path)
    ]
    return [run, *found]


def _text(path: Path) -> bytes | None:
    with suppress(OSError):
        return path.read_bytes()
    return None


def _is_inside(path: Path, root: Path) -> bool:
    """Whether it is a file that, all links followed, ends inside of the root."""
    return is_below(path, [root]) and path.is_file()


def _identity(path: Path) -> tuple[int, int] | None:
    """What two names of one file have in common."""
    with suppress(OSError):
        status = path.stat()
        return status.st_dev, status.st_ino
    return None


def _is_trace(path: Path) -> bool:
    if path.name.startswith(".") or not path.name.endswith(TRACE_SUFFIXES):
        return False
    if path.name.endswith(_TRACE_ENDINGS):
        return True
    with suppress(OSError):
        status = path.stat()
        return _begins_as_trace(path, status.st_size, status.st_mtime_ns)
    return False


@lru_cache(4096)
def _begins_as_trace(path: Path, size: int, changed_ns: int) -> bool:  # noqa: ARG001 - part of the key
    try:
        with open_plain(path) as plain:
            head = plain.read(_HEAD_BYTES)
    except _UNREADABLE:
        return False
    # A bare list is a trace in Chrome's array form, or any list.
    is_list = head.lstrip()[:1] == b"["
    return b'"ph"' in head if is_list else list_start(head, b"traceEvents") is not None
