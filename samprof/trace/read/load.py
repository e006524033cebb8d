"""Reads a trace file: from its cache, or by parsing."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from samprof.errors import TraceError
from samprof.trace.model.data import TraceData
from samprof.trace.read.cache import fingerprint, read_cache, write_cache
from samprof.trace.read.gzip_stream import BROKEN_GZIP

TRACE_SUFFIXES = (".json", ".json.gz")


def read_trace(path: str | Path, *, cache: bool = False) -> TraceData:
    """The columns of the trace in a file; see `samprof.trace.load_trace`.

    Raises:
        TraceError: no such file, empty, truncated, not JSON, or without traceEvents.
    """
    path = Path(path)
    with _errors_named(path):
        refuse_special(path)
        return _from_cache(path) if cache else _parsed(path)


def _from_cache(path: Path) -> TraceData:
    before = path.stat()
    if not before.st_size:
        return _parsed(path)
    source = fingerprint(path)
    trace = read_cache(path, source)
    if trace is None:
        trace = _parsed(path)
        after = path.stat()
        if (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns):
            write_cache(trace, path, source)
    return trace


def refuse_special(path: Path, operation: str = "load") -> None:
    """Refuses what is neither a file nor a directory: reading it may never end.

    Raises:
        TraceError: a pipe, a device or a socket.
        OSError: there is nothing at the path.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        cause = "a pipe, a device or a socket, not a file"
        raise TraceError(operation, path, cause, "save the trace to a file and give that")


def _parsed(path: Path) -> TraceData:
    from samprof.trace.read.parse import parse  # a cached trace needs no parser

    return parse(path)


def traces_in(directory: Path) -> list[Path]:
    """The trace files in a directory, by name.

    Raises:
        TraceError: the directory holds no trace.
    """
    found = sorted(
        path
        for path in directory.iterdir()
        if path.name.endswith(TRACE_SUFFIXES) and not path.name.startswith(".")
    )
    if not found:
        remedy = "give a run directory, or one that holds a .json or .json.gz trace"
        raise TraceError("load", directory, "no trace in this directory", remedy)
    return found


@contextmanager
def _errors_named(path: Path) -> Iterator[None]:
    """Turns what can go wrong with a file into one line that names the file."""
    again = "copy or export the trace again"
    try:
        yield
    except FileNotFoundError:
        raise TraceError("load", path, "no such file", "check the path") from None
    except IsADirectoryError:
        remedy = "give a trace file, or a directory that samprof sweep or record wrote"
        raise TraceError("load", path, "a directory, not a trace file", remedy) from None
    except EOFError:
        raise TraceError("load", path, "the gzip stream ends too early", again) from None
    except BROKEN_GZIP as error:
        raise TraceError("load", path, f"broken gzip stream ({error})", again) from None
    except OSError as error:
        cause = error.strerror or str(error)
        raise TraceError("load", path, cause, "check the file's permissions and disk") from None
