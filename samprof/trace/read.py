"""A trace file, plain or gzip, to a `Trace`."""

import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from samprof.errors import TraceError
from samprof.trace.decode import Decoder
from samprof.trace.memory import from_the_start
from samprof.trace.scan import EventScanner
from samprof.trace.trace import Trace

_GZIP_MAGIC = b"\x1f\x8b"
TRACE_SUFFIXES = (".json", ".json.gz")


def load_trace(path: str | Path) -> Trace:
    """The trace in a Kineto JSON file.

    Args:
        path: a file that torch.profiler exported, `.json` or `.json.gz` (told by its content).

    Raises:
        TraceError: no such file, empty, truncated, not JSON, or without traceEvents.

    Example:
        >>> load_trace("nowhere.json")
        Traceback (most recent call last):
        samprof.errors.TraceError: load: nowhere.json: no such file; check the path
    """
    path = Path(path)
    decoder = Decoder()
    try:
        with path.open("rb") as raw:
            scanner = EventScanner(_plain(raw), decoder.decode, decoder.salvage, path)
            scanner.run()
    except FileNotFoundError:
        raise TraceError("load", path, "no such file", "check the path") from None
    except IsADirectoryError:
        remedy = "give a trace file, or a directory that samprof sweep or record wrote"
        raise TraceError("load", path, "a directory, not a trace file", remedy) from None
    except EOFError:
        remedy = "copy or export the trace again"
        raise TraceError("load", path, "the gzip stream ends too early", remedy) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        remedy = "copy or export the trace again"
        raise TraceError("load", path, f"broken gzip stream ({error})", remedy) from None
    except OSError as error:
        cause = error.strerror or str(error)
        raise TraceError("load", path, cause, "check the file's permissions and disk") from None
    return Trace(
        events=decoder.events(),
        allocations=from_the_start(decoder.memory()),
        names=tuple(decoder.names),
        threads=tuple(decoder.threads),
        metadata=scanner.metadata,
        notes=tuple(
            f"{count} event{'s' if count > 1 else ''} {what}"
            for what, count in sorted(decoder.passed_over.items())
        ),
    )


def only_trace_in(directory: Path) -> Path:
    """The one trace file in a directory.

    Raises:
        TraceError: there is none, or more than one.
    """
    found = sorted(
        path
        for path in directory.iterdir()
        if path.name.endswith(TRACE_SUFFIXES) and not path.name.startswith(".")
    )
    if not found:
        remedy = "give a run directory, or one that holds a .json or .json.gz trace"
        raise TraceError("load", directory, "no trace in this directory", remedy)
    if len(found) > 1:
        names = ", ".join(path.name for path in found[:3])
        cause = f"{len(found)} traces in this directory"
        raise TraceError("load", directory, cause, f"give one of them ({names})")
    return found[0]


def _plain(raw: BinaryIO) -> BinaryIO:
    buffered = io.BufferedReader(cast(io.RawIOBase, raw))
    if buffered.peek(2)[:2] == _GZIP_MAGIC:
        return cast(BinaryIO, gzip.GzipFile(fileobj=buffered))
    return buffered
