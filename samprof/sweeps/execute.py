"""A plan executed: rounds over all sizes until the answer is precise enough or the time is up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from samprof.sweeps.measure.engines import Engine
from samprof.sweeps.measure.job import Job
from samprof.sweeps.measure.machine.state import MachineMonitor
from samprof.sweeps.plan import Plan
from samprof.sweeps.progress import Progress
from samprof.sweeps.rounds import Rounds
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.directory import RunDirectory
from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.standing import standing

TIME_LIMIT_S = 90.0
"""What a sweep may take where nobody says."""


def run_sweep(
    plan: Plan,
    engine: Engine,
    out: Path,
    *,
    fresh: bool = False,
    usual_limit_s: float = TIME_LIMIT_S,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Run:
    """Measures the plan's sizes in rounds; what is there already counts.

    A size that was interrupted sits out the rest, and is measured when the sweep is resumed.

    Args:
        plan: what to measure.
        engine: where.
        out: the run directory; made if missing.
        fresh: remove what an earlier sweep left there.
        usual_limit_s: the time limit where the plan has none; slow models take longer, up to 20 minutes.
        progress: called at every step.

    Raises:
        RunError: the directory belongs to another sweep, one writes into it, or it cannot be written.
    """
    directory = RunDirectory(out)
    with directory.opened(plan, fresh=fresh):
        return _run_sweep(plan, engine, directory, fresh, usual_limit_s, progress)


def _run_sweep(
    plan: Plan,
    engine: Engine,
    directory: RunDirectory,
    fresh: bool,
    usual_limit_s: float,
    progress: Callable[[Progress], None],
) -> Run:
    points = {} if fresh else _points_there(directory, plan)
    if points and not standing(plan, list(points.values())).missing:
        progress(Progress(resumed=True))
    else:
        with engine:
            about = engine.about()
            directory.begin(plan, about, fresh=fresh)
            with MachineMonitor(about.environment.get("gpu_uuid")) as monitor:
                rounds = Rounds(plan, engine, directory, monitor, points, usual_limit_s, progress)
                rounds.take_all()
    run = Run(directory.root)
    run.write_tables()
    return run


def measure_once(plan: Plan, engine: Engine, size: int, out: Path) -> Sample:
    """One sample, timed and recorded by the same process, and added to a run directory.

    Raises:
        RunError: the directory belongs to another sweep, or cannot be written.
    """
    directory = RunDirectory(out)
    with directory.opened(plan, fresh=False), engine:
        if not directory.holds_run:
            directory.begin(plan, engine.about(), fresh=False)
        sample = engine.measure(Job(plan, size, out))
        directory.write_point(Point(size, plan.variant).with_sample(sample))
    return sample


def _points_there(directory: RunDirectory, plan: Plan) -> dict[int, Point]:
    found = [point for point in directory.points() if point.variant == plan.variant]
    return {point.size: point for point in found if point.size in plan.sizes}
