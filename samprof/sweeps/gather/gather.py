"""Traces become a run: a sample per trace and size, as a sweep would have left them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from samprof.analysis.scaling.variant import EAGER
from samprof.errors import RunError, UsageError
from samprof.files import copy_whole
from samprof.sweeps.gather.about import about, class_of
from samprof.sweeps.gather.calls import Calls, calls_of, kind_for
from samprof.sweeps.gather.pool import pools_of
from samprof.sweeps.gather.sample import ALL_OPS, sample_of
from samprof.sweeps.gather.sources import Source, sources_of
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.directory import RunDirectory
from samprof.sweeps.run.stored.made_anew import made_anew
from samprof.sweeps.run.stored.point import Point, point_key

if TYPE_CHECKING:
    from samprof.sweeps.gather.sources import Given
    from samprof.trace.model.ranges import By


def gather(
    traces: Given,
    *,
    sizes: Iterable[int] | None = None,
    by: By = "auto",
    out: Path | None = None,
    fewest_sizes: int = 2,
    colors: Mapping[str, str] | None = None,
) -> Run:
    """The run that traces make.

    Args:
        traces: see `samprof.sweeps.gather.sources.sources_of`.
        sizes: likewise.
        by: the ranges that own time; auto takes the first kind that all traces have.
        out: the run directory, empty or new; by default one below the temporary directory.
        fewest_sizes: how many sizes there have to be.
        colors: role or component -> colour in pictures.

    Raises:
        SamprofError: a trace cannot be read, sizes cannot be told or disagree, there are too few sizes,
            the traces are of different models, or `out` cannot be written.
    """
    sources = sources_of(traces, sizes)
    kind = kind_for([source.trace for source in sources], by)
    found = [calls_of(one.trace, one.name, kind, one.root) for one in sources]
    _refuse_others(sources, found)
    pools = pools_of(sources, found, kind)
    measured = sorted({pool.size for pool in pools})
    if len(measured) < fewest_sizes:
        cause = f"one size only ({measured[0]}): nothing to compare"
        raise UsageError("scaling", _listed(sources), cause, "give traces of two sizes or more")
    directory = RunDirectory(out or Path(tempfile.mkdtemp(prefix="samprof-run-")))
    plan = Plan(target={"traces": [one.name for one in sources], "by": kind}, sizes=tuple(measured))
    first, root = sources[0].trace, found[0].root or ALL_OPS
    _refuse_own_traces(directory, sources)
    with made_anew(directory, plan, "scaling"):
        directory.begin(plan, about(first, root, colors or {}), fresh=True)
        points: dict[int, Point] = {}
        for pool in pools:
            held = points.get(pool.size, Point(pool.size, EAGER))
            trace = _keep(pool.source, directory.root, pool.size)
            points[pool.size] = held.with_sample(sample_of(pool, root, kind, trace))
        for point in points.values():
            directory.write_point(point)
        run = Run(directory.root)
        run.write_tables()
    return run


def _refuse_own_traces(directory: RunDirectory, sources: Sequence[Source]) -> None:
    """Refuses a directory that holds the traces themselves: they would go with an earlier run.

    Raises:
        RunError: it does.
    """
    root = directory.root.resolve()
    paths = [source.path.resolve() for source in sources if source.path is not None]
    if any(path.is_relative_to(root) for path in paths):
        cause, remedy = "the traces lie in it", "choose another directory"
        raise RunError("scaling", directory.root, cause, remedy)


def _refuse_others(sources: Sequence[Source], found: Sequence[Calls]) -> None:
    """Refuses traces of different models.

    Raises:
        UsageError: they have another root, or one of another class.
    """
    names = [
        " ".join(filter(None, (class_of(source.trace, calls.root), calls.root)))
        for source, calls in zip(sources, found, strict=True)
    ]
    for source, name in zip(sources, names, strict=True):
        if name != names[0]:
            cause = f"a trace of {name}, and {sources[0].name} is one of {names[0]}"
            raise UsageError("scaling", source.name, cause, "give traces of one model")


def _keep(source: Source, root: Path, size: int) -> str:
    """The trace in the run directory, below it; empty where it was never in a file."""
    if source.path is None:
        return ""
    packed = ".gz" if source.path.name.endswith(".gz") else ""
    kept = root / "traces" / point_key(size, EAGER) / f"rank0.pt.trace.json{packed}"
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):
            kept.unlink(missing_ok=True)
            os.link(source.path, kept)
        if not kept.exists():
            copy_whole(source.path, kept)
    except OSError as error:
        cause = error.strerror or str(error)
        raise RunError("scaling", kept, cause, "free space or choose another directory") from None
    return kept.relative_to(root).as_posix()


def _listed(sources: Sequence[Source]) -> str:
    names = [source.name for source in sources]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
