"""What graphs of this process captured while a recording ran, kept for later recordings.

A recording that only replays a graph does not see what is in it. What was captured in an earlier one
goes into its metadata, so that its replays are split by it.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from samprof.errors import SamprofError
from samprof.trace import load_trace
from samprof.trace.model.kept_captures import captures_as_json

_MOST = 32
_lock = Lock()
_kept: list[dict[str, Any]] = []


def keep_captures(path: Path) -> None:
    """Keeps the captures in the trace of a recording that has ended: of many, the last.

    A trace that cannot be read has none.
    """
    with suppress(SamprofError):
        found = captures_as_json(load_trace(path))
        with _lock:
            _kept[:] = [one for one in _kept if one not in found] + found
            del _kept[:-_MOST]


def kept_captures() -> Sequence[Mapping[str, Any]]:
    """The captures of earlier recordings, for the metadata of one that ends now."""
    with _lock:
        return tuple(_kept)
