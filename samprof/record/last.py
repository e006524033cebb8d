"""The recording that ended last, for whoever did not keep it: `samprof.last`."""

from __future__ import annotations

import copy
import sys
import weakref
from contextlib import suppress

from samprof.errors import RecordingError, SamprofError
from samprof.printable import printable
from samprof.record.recording import Recording
from samprof.record.words import MOST_READ_BYTES, NOTHING_RAN, nothing_ran

_last: Recording | None = None
_given: weakref.ref[Recording] | None = None


def remember(recording: Recording) -> None:
    """Makes an ended recording the last one. Of it only the trace file is kept, not what was read."""
    global _last, _given
    _last, _given = _unread(recording), weakref.ref(recording)


def last() -> Recording:
    """The last recording that ended: the object itself while someone has it, else one like it.

    Raises:
        RecordingError: none has ended.
    """
    global _given
    if _last is None or _given is None:
        cause, remedy = (
            "none has ended in this process",
            "record with samprof.profile(module) first",
        )
        raise RecordingError("last", "recording", cause, remedy)
    found = _given()
    if found is None:
        found = _unread(_last)
        _given = weakref.ref(found)
    return found


def warn(recording: Recording) -> bool:
    """Says on stderr, whoever reads it, that nothing of the root ran; whether it had to be said."""
    line = _nothing_ran(recording)
    if line:
        with suppress(AttributeError, ValueError, OSError):  # there is no stderr, or it is closed
            sys.stderr.write(f"samprof: {printable(line)}\n")
    return bool(line)


def _nothing_ran(recording: Recording) -> str:
    """That nothing of the root ran; empty where something did, or where it takes long to tell.

    A root that was called is known at once; else the trace is read.
    """
    session = recording._session
    if session is None or not session.ended or recording.root in session.calls:
        return ""
    try:
        is_small = session.path.stat().st_size <= MOST_READ_BYTES
        return nothing_ran(recording.trace) if is_small else ""
    except SamprofError:  # whoever reads its tables is told
        return ""


def tell_where_it_is(recording: Recording) -> None:
    """Says on stderr what was recorded, and how to get it, if a person is there to see it."""
    if not _is_seen() or not recording._has_trace:
        return
    try:
        found = recording._summary()
    except SamprofError as error:
        line = str(error)
    else:
        line = f"recorded {recording.root}: {found}"
        line += "; samprof.last().layers() shows the layers" if found != NOTHING_RAN else ""
    sys.stderr.write(f"samprof: {printable(line)}\n")


def _is_seen() -> bool:
    """Whether stderr is a terminal, or the session interactive, as a notebook is."""
    if hasattr(sys, "ps1"):
        return True
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # none, or closed
        return False


def _unread(recording: Recording) -> Recording:
    """A recording of the same trace that has not been read."""
    found = copy.copy(recording)
    vars(found).pop("trace", None)
    return found
