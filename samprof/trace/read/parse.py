"""Parses the JSON of a trace file to columns, in one process or two."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from samprof.errors import TraceError
from samprof.trace.model.allocations import rebase_host_totals
from samprof.trace.model.data import TraceData
from samprof.trace.model.kept_captures import with_kept_captures
from samprof.trace.read.absurd_times import without_absurd_times
from samprof.trace.read.decode import Decoder, NoEventsError
from samprof.trace.read.gzip_stream import open_plain
from samprof.trace.read.launch_threads import with_native_launches
from samprof.trace.read.parallel import is_worthwhile, read_in_parallel
from samprof.trace.read.parts import merge_parts
from samprof.trace.read.scan import EventScanner


class _Recorded(msgspec.Struct):
    """The recorded metadata that tables depend on; see `samprof.record.ranges.select`."""

    modules: dict[str, tuple[str, str]] = {}
    functions: dict[str, str] = {}
    inner_ops: dict[str, dict[str, str | list[str]]] = {}
    components: dict[str, str] = {}
    weights: dict[str, int] = {}
    remarks: dict[str, str] = {}
    launch_threads: list[tuple[int, int]] = []
    inside: dict[str, dict[str, str]] = {}
    compiled: dict[str, Any] = {}
    compiled_why: str = ""


def parse(path: Path) -> TraceData:
    """The trace in a file.

    Raises:
        TraceError: not JSON, without traceEvents, truncated, or hardly any of it is an event.
        OSError, EOFError, BROKEN_GZIP: the file cannot be read to its end.
    """
    data = read_in_parallel(path) if is_worthwhile(path) else None
    data = data or read_alone(path)
    events, absurd = without_absurd_times(data.events)
    metadata, notes = dict(data.metadata), (*data.notes, *absurd)
    if not _is_recorded(metadata.get("samprof", {})):
        del metadata["samprof"]
        notes = (*notes, "the metadata that samprof recorded is damaged and was skipped")
    allocations = rebase_host_totals(data.allocations)
    read = replace(data, events=events, allocations=allocations, metadata=metadata, notes=notes)
    return with_kept_captures(with_native_launches(read))


def read_alone(path: Path) -> TraceData:
    """The trace in a file, read by this process alone; errors as `parse`."""
    decoder = Decoder()
    with open_plain(path) as stream:
        scanner = EventScanner(stream, decoder, path)
        try:
            metadata = scanner.run()
        except NoEventsError as error:
            remedy = "give a trace that torch.profiler exported"
            raise TraceError("load", path, str(error), remedy) from None
    return merge_parts([decoder.part], metadata, scanner.notes)


def _is_recorded(found: Any) -> bool:
    try:
        msgspec.json.encode(msgspec.convert(found, _Recorded))
    except (msgspec.ValidationError, UnicodeEncodeError):
        return False
    return True
