"""A trace file to a `Trace`: from its cache, or parsed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from samprof.errors import TraceError
from samprof.trace.cache import cached, fingerprint, keep
from samprof.trace.stream import BROKEN_GZIP
from samprof.trace.trace import Trace

TRACE_SUFFIXES = (".json", ".json.gz")


def load_trace(path: str | Path, *, cache: bool = False) -> Trace:
    """The trace in a Kineto JSON file.

    Args:
        path: a file that torch.profiler exported, `.json` or `.json.gz` (told by its content).
        cache: take the columns from the cache beside the file where there is one of its content, and
            write it where there is none.

    Raises:
        TraceError: no such file, empty, truncated, not JSON, or without traceEvents.

    Example:
        >>> load_trace("nowhere.json")
        Traceback (most recent call last):
        samprof.errors.TraceError: load: nowhere.json: no such file; check the path
    """
    path = Path(path)
    with _errors_named(path):
        return _from_cache(path) if cache else _parsed(path)


def _from_cache(path: Path) -> Trace:
    before = path.stat()
    if not before.st_size:
        return _parsed(path)
    made_of = fingerprint(path)
    trace = cached(path, made_of)
    if trace is None:
        trace = _parsed(path)
        after = path.stat()
        if (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns):
            keep(trace, path, made_of)
    return trace


def _parsed(path: Path) -> Trace:
    from samprof.trace.parse import parsed  # a cached trace needs no parser

    return parsed(path)


def traces_in(directory: Path) -> list[Path]:
    """The trace files in a directory, by name.

    Raises:
        TraceError: there is none.
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
    """What can go wrong with a file, as one line that names it."""
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
