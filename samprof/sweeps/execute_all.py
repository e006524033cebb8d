"""The plans of all variants, run into one directory."""

from collections.abc import Callable, Iterable
from pathlib import Path

from samprof.sweeps.execute import run_sweep
from samprof.sweeps.measure.engines import Engine
from samprof.sweeps.plan import Plan
from samprof.sweeps.progress import Progress
from samprof.sweeps.remedy import measure_remedy
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.directory import RunDirectory


def run_sweeps(
    plans: Iterable[Plan],
    engine_of: Callable[[Plan], Engine],
    out: Path,
    *,
    fresh: bool = False,
    with_remedy: bool = False,
    progress: Callable[[Plan, Progress], None] = lambda _plan, _step: None,
) -> Run:
    """Measures the points of each plan that the directory does not hold yet; returns the run.

    Args:
        plans: one per variant, alike in everything else.
        engine_of: where the points of a plan are measured.
        out: the run directory; created if missing.
        fresh: remove what an earlier sweep left there first.
        with_remedy: where page faults limit a variant, time it under another allocator too.
        progress: called at every step of a plan, as in `run_sweep`.

    Raises:
        RunError: the directory belongs to another sweep, one writes into it, or it cannot be written.
    """
    first, *others = plans
    with RunDirectory(out).opened(first, fresh=fresh):
        for plan in (first, *others):

            def advance(step: Progress, plan: Plan = plan) -> None:
                progress(plan, step)

            run_sweep(plan, engine_of(plan), out, fresh=fresh and plan is first, progress=advance)
            if with_remedy:
                measure_remedy(plan, engine_of, out, progress)
        return Run(out)
