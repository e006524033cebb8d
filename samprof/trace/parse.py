"""The JSON of a trace file to columns, by one process or two."""

from pathlib import Path

from samprof.trace.contents import Contents, whole
from samprof.trace.decode import Decoder
from samprof.trace.memory import from_the_start
from samprof.trace.scan import EventScanner
from samprof.trace.stream import open_plain
from samprof.trace.together import is_worth_it, read_together
from samprof.trace.trace import Trace


def parsed(path: Path) -> Trace:
    """The trace in a file.

    Raises:
        TraceError: not JSON, without traceEvents, or cut.
        OSError, EOFError, BROKEN_GZIP: it cannot be read, or not to its end.
    """
    contents = read_together(path) if is_worth_it(path) else None
    contents = contents or read_alone(path)
    return Trace(
        events=contents.events,
        allocations=from_the_start(contents.memory),
        names=contents.names,
        threads=contents.threads,
        metadata=contents.metadata,
        notes=contents.notes,
    )


def read_alone(path: Path) -> Contents:
    """The file's contents, by this process; errors as `parsed`."""
    decoder = Decoder()
    with open_plain(path) as stream:
        scanner = EventScanner(stream, decoder, path)
        metadata = scanner.run()
    return whole([decoder.part], metadata, scanner.notes)
