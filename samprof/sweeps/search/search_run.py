"""The largest batch that fits into a memory limit, for each variant of a finished sweep."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from samprof.sweeps.measure.engines import Engine
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.directory import RunDirectory
from samprof.sweeps.run.stored.lock import locked
from samprof.sweeps.search.largest import MOST, Largest, Probe, largest_batch, probe


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """What a search reports before and after it tries a size.

    Attributes:
        plan: of the variant.
        size: the size that is tried.
        limit_bytes: the memory that it has to fit into.
        probe: what the size took; None before it is tried.
    """

    plan: Plan
    size: int
    limit_bytes: int
    probe: Probe | None = None


def search_largest(
    run: Run,
    plans: Iterable[Plan],
    engine_of: Callable[[Plan], Engine],
    limit_bytes: int,
    progress: Callable[[SearchProgress], None] = lambda _: None,
) -> dict[str, Largest]:
    """The largest batch of each variant that fits into the limit; also written to the run directory.

    Variants without a point that ran to its end are left out. An answer that the directory holds
    already for the same limit is returned without a search.

    Args:
        run: the finished sweep.
        plans: those of the sweep, one per variant.
        engine_of: where the sizes of a plan are tried; on a GPU, one that starts a process per point.
        limit_bytes: the limit.
        progress: called before and after each try.

    Returns:
        Variant -> its largest batch.

    Raises:
        RunError: a try failed for a reason other than memory, or another sweep writes there.

    Example:
        >>> import tempfile, torch
        >>> from pathlib import Path
        >>> from samprof.record.ranges.labels import ModelLabels
        >>> from samprof.sweeps.execute import run_sweep
        >>> from samprof.sweeps.measure.engines import ThisProcess
        >>> from samprof.sweeps.target import Target
        >>> def inputs(size):
        ...     return torch.ones(size, 8)
        >>> target = Target(torch.nn.Linear(8, 8), inputs, ModelLabels(name="net"))
        >>> plan = Plan(target.description(), sizes=(1, 2), rounds=1, repeats=1, warmup=0)
        >>> engine = ThisProcess(lambda: target)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     run = run_sweep(plan, engine, Path(folder) / "run")
        ...     found = search_largest(run, [plan], lambda _: engine, limit_bytes=1000)
        >>> found["eager"].size  # 72 weights and 16 numbers per example, of 4 bytes each
        11
    """
    found = {}
    points = run.points()
    for plan in plans:
        mine = points[points["variant"] == plan.variant]
        ok, oom = (mine[mine["status"] == status] for status in ("ok", "oom"))
        if ok.empty:
            continue  # the messages of its points say why
        peaks = dict(zip(ok["size"].tolist(), ok["peak_memory_bytes"].astype(int), strict=True))
        most = min([MOST + 1, *oom["size"].tolist()]) - 1
        found[plan.variant] = _stored(run, plan, limit_bytes) or _searched(
            run, plan, engine_of(plan), limit_bytes, peaks, most, progress
        )
    return found


def _stored(run: Run, plan: Plan, limit_bytes: int) -> Largest | None:
    """The answer for this limit that the run directory holds already."""
    stored = RunDirectory(run.path).largest().get(plan.variant)
    if stored is None or stored.get("limit_bytes") != limit_bytes:
        return None
    return Largest.from_dict(stored)


def _searched(
    run: Run,
    plan: Plan,
    engine: Engine,
    limit_bytes: int,
    peaks: dict[int, int],
    most: int,
    progress: Callable[[SearchProgress], None],
) -> Largest:
    measure = probe(engine, plan, run.path)

    def measure_peak(size: int) -> Probe:
        progress(SearchProgress(plan, size, limit_bytes))
        taken = measure(size)
        progress(SearchProgress(plan, size, limit_bytes, taken))
        return taken

    with locked(run.path):
        with engine:
            found = largest_batch(measure_peak, limit_bytes, peaks, most=most)
        RunDirectory(run.path).write_largest(plan.variant, found.as_dict())
    return found
