"""At which size of a run its other side was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.verdict.advice import no_size_ran
from samprof.errors import RunError, UsageError
from samprof.sweeps.gather.calls import calls_of, kind_for

if TYPE_CHECKING:
    from samprof.sweeps.run.run import Run
    from samprof.trace import Trace


def size_of_run(run: Run, trace: Trace, size: int | None) -> int:
    """The size at which a run is compared with a trace.

    Args:
        run: the run.
        trace: the other side.
        size: as asked for; None: that of the trace, or the run's only one.

    Raises:
        RunError: no size of the run ran to its end, or not the one that was asked for.
        UsageError: the run has several sizes, and the trace does not tell its own.
    """
    points = run.data.good_points(run.data.chosen(None)) if run.data.variants() else []
    sizes = [point.size for point in points if point.trace]
    listed = ", ".join(map(str, sizes))
    if not sizes:
        raise RunError("compare", run.path, *no_size_ran(run.data.points, run.data.axis))
    if size is not None and size not in sizes:
        raise RunError("compare", run.path, f"no {run.axis.text(size)}", f"it has {listed}")
    if size is not None or len(sizes) == 1:
        return sizes[0] if size is None else size
    told = batch_of(trace) if run.axis == BATCH_SIZE else None
    if told in sizes:
        return told
    cause = f"it has the sizes {listed}, and the other side does not say its own"
    if told is not None:
        cause = f"it has the sizes {listed}, and the other side was recorded at {told}"
    raise UsageError("compare", run.path, cause, "choose one of them with --size (size=)")


def batch_of(trace: Trace) -> int | None:
    """The size of all calls of the root; None if it is not known, or not one."""
    kind = kind_for([trace], "auto")
    if kind not in ("samprof", "module"):
        return None
    try:
        found = calls_of(trace, "trace", kind, None)
    except UsageError:  # the root was not called, or calls overlap
        return None
    sizes = {call.size for call in found.calls}
    return sizes.pop() or None if len(sizes) == 1 else None
