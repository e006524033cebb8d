"""Traces where TensorBoard's profiler plugin (torch-tb-profiler) looks for them.

The plugin takes each folder with traces as a run, and each file in it, named
`<worker>.<milliseconds>.pt.trace.json.gz`, as one span of that worker.
"""

import os
import uuid
from contextlib import suppress
from pathlib import Path

from samprof.files import copy_whole
from samprof.trace.read.cache import cache_path
from samprof.trace.read.load import TRACE_SUFFIXES

PROFILES = Path("plugins") / "profile"
OWN_RUNS = Path("plugins") / "samprof"
"""Where samprof's own tab finds a copy of each run that was written into a log directory."""
WORKER = "samprof-rank{rank}"
_SUFFIX = ".pt.trace.json"
_MS = 1_000_000


def span_name(trace: Path, rank: int = 0) -> str:
    """The file name that the plugin expects, with the time at which the trace was written."""
    ending = _SUFFIX + (".gz" if trace.suffix == ".gz" else "")
    return f"{WORKER.format(rank=rank)}.{trace.stat().st_mtime_ns // _MS}{ending}"


def spans_in(folder: Path) -> list[Path]:
    """The traces that samprof wrote into a run of the plugin."""
    found = folder.glob(f"{WORKER.format(rank='*')}.*{_SUFFIX}*")
    return sorted(path for path in found if path.name.endswith(TRACE_SUFFIXES))


def link_trace(trace: Path, target: Path) -> None:
    """Puts a trace under another name, with its cache if it has one; see `link_or_copy`."""
    link_or_copy(trace, target)
    with suppress(OSError):
        link_or_copy(cache_path(trace), cache_path(target))


def link_or_copy(trace: Path, target: Path) -> None:
    """Puts a trace file under another name: a hard link where the disk allows it, else a copy.

    Raises:
        OSError: it cannot be written; a file that was there is unchanged.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    linked = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        os.link(trace, linked)
    except OSError:  # another disk, or one without links
        copy_whole(trace, target)
    else:
        linked.replace(target)
