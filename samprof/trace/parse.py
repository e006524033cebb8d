"""The JSON of a trace file to columns, by one process or two."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from samprof.errors import TraceError
from samprof.trace.contents import Contents, whole
from samprof.trace.decode import Decoder
from samprof.trace.events import Events
from samprof.trace.memory import from_the_start
from samprof.trace.scan import EventScanner
from samprof.trace.stream import open_plain
from samprof.trace.together import is_worth_it, read_together
from samprof.trace.trace import Trace

_LONGEST_NS = 2.0**62


class _Recorded(msgspec.Struct):
    """The part of what samprof records that tables are made with; see `samprof.record.select`."""

    modules: dict[str, tuple[str, str]] = {}
    functions: dict[str, str] = {}
    inner_ops: dict[str, dict[str, str | list[str]]] = {}
    components: dict[str, str] = {}
    weights: dict[str, int] = {}
    remarks: dict[str, str] = {}


def parsed(path: Path) -> Trace:
    """The trace in a file.

    Raises:
        TraceError: not JSON, without traceEvents, or cut; or its times cannot be added up.
        OSError, EOFError, BROKEN_GZIP: it cannot be read, or not to its end.
    """
    contents = read_together(path) if is_worth_it(path) else None
    contents = contents or read_alone(path)
    if not _adds_up(contents.events):
        cause = "durations of 146 years and more, or times as far apart"
        raise TraceError("load", path, cause, "export the trace again")
    metadata, notes = dict(contents.metadata), contents.notes
    if not _is_recorded(metadata.get("samprof", {})):
        del metadata["samprof"]
        notes = (*notes, "what samprof recorded is damaged and was passed over")
    return Trace(
        events=contents.events,
        allocations=from_the_start(contents.memory),
        names=contents.names,
        threads=contents.threads,
        inputs=contents.inputs,
        metadata=metadata,
        notes=notes,
    )


def read_alone(path: Path) -> Contents:
    """The file's contents, by this process; errors as `parsed`."""
    decoder = Decoder()
    with open_plain(path) as stream:
        scanner = EventScanner(stream, decoder, path)
        metadata = scanner.run()
    return whole([decoder.part], metadata, scanner.notes)


def _adds_up(events: Events) -> bool:
    """Whether all sums and distances of the times fit into 64 bits."""
    if not len(events):
        return True
    apart = float(events.ts.max()) - float(events.ts.min())
    return apart + float(events.dur.sum(dtype=np.float64)) < _LONGEST_NS


def _is_recorded(found: Any) -> bool:
    try:
        msgspec.json.encode(msgspec.convert(found, _Recorded))
    except (msgspec.ValidationError, UnicodeEncodeError):
        return False
    return True
