"""Traces where TensorBoard's profiler plugin (torch-tb-profiler) looks for them.

A folder with traces is a run of the plugin; a file is `<worker>.<milliseconds>.pt.trace.json.gz`, and
those of one worker are the spans of its run.
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
    """The name under which the plugin takes a trace, by when its file was written."""
    ending = _SUFFIX + (".gz" if trace.suffix == ".gz" else "")
    return f"{WORKER.format(rank=rank)}.{trace.stat().st_mtime_ns // _MS}{ending}"


def spans_in(folder: Path) -> list[Path]:
    """The traces of samprof's that lie in a run of the plugin."""
    return sorted(folder.glob(f"{WORKER.format(rank='*')}.*{_SUFFIX}*"))


def lay_down(trace: Path, target: Path) -> None:
    """Puts a trace file under another name: the same file where the disk allows that, else a copy.

    Raises:
        OSError: it cannot be written; what was there is still there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    linked = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        os.link(trace, linked)
    except OSError:  # another disk, or one without links
        copy_whole(trace, target)
    else:
        linked.replace(target)
