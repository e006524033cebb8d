"""Traces where TensorBoard's profiler plugin (torch-tb-profiler) looks for them.

The plugin takes each folder with traces as a run, and each file in it, named
`<worker>.<milliseconds>.pt.trace.json.gz`, as one span of that worker.
"""

import os
import uuid
from pathlib import Path

from samprof.files import copy_whole

PROFILES = Path("plugins") / "profile"
WORKER = "samprof-rank{rank}"
_SUFFIX = ".pt.trace.json"
_MS = 1_000_000


def span_name(trace: Path, rank: int = 0) -> str:
    """The file name that the plugin expects, with the time at which the trace was written."""
    ending = _SUFFIX + (".gz" if trace.suffix == ".gz" else "")
    return f"{WORKER.format(rank=rank)}.{trace.stat().st_mtime_ns // _MS}{ending}"


def spans_in(folder: Path) -> list[Path]:
    """The traces that samprof wrote into a run of the plugin."""
    return sorted(folder.glob(f"{WORKER.format(rank='*')}.*{_SUFFIX}*"))


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
