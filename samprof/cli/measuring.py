"""Measuring for `sweep` and `workload`: engine, run directory, progress, and the files of the result."""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from samprof.cli.output import for_programs, write_err, write_out
from samprof.cli.terminate import Terminated
from samprof.cli.workload_options import is_on_cpu
from samprof.errors import MissingPackageError, RunError
from samprof.sam.catalogue import AUTO
from samprof.sam.workloads.plans import variant_recipe
from samprof.sweeps.measure.engines import Engine, ThisProcess
from samprof.sweeps.measure.processes.forked import Forked
from samprof.sweeps.measure.processes.subprocess_engine import Ray, Subprocess
from samprof.sweeps.plan import Plan
from samprof.sweeps.remedy_names import model_variant
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.differences import asked_besides
from samprof.sweeps.run.stored.directory import RunDirectory
from samprof.sweeps.target import Recipe

DONE, FAILED = 0, 1
Failures = dict[str, tuple[str, str]]
"""Name of a point -> its status, failed or interrupted, and why."""


def engine_of(
    options: argparse.Namespace, recipe: Recipe, engine: str | None = None
) -> Callable[[Plan], Engine]:
    """Where the points of a plan are measured.

    Args:
        options: parsed arguments.
        recipe: how to make the target, whatever the variant.
        engine: instead of `--engine`.
    """
    chosen = engine or options.engine
    if chosen == AUTO:
        chosen = "fork" if hasattr(os, "fork") and is_on_cpu(options) else "subprocess"

    def engine_for(plan: Plan) -> Engine:
        own = recipe
        if not options.factory:
            own = variant_recipe(recipe, model_variant(plan.variant))
        if chosen == "ray":
            return Ray(own, gpus=0 if is_on_cpu(options) else 1)
        if chosen == "process":
            return ThisProcess(own.make)
        return (Forked if chosen == "fork" else Subprocess)(own, plan.allocator)

    return engine_for


def directory_of(options: argparse.Namespace, plan: Plan, *first: str) -> Path:
    """The run directory: `--out`, or a directory named after what is asked.

    Args:
        options: parsed arguments; those that are `auto` are left out of the name.
        plan: of any variant.
        first: the beginning of the name.
    """
    if options.out:
        return Path(options.out)
    model = options.factory.replace(":", ".") if options.factory else options.model
    parts = ["sam" if model == AUTO else model, options.dtype, options.device.replace(":", "")]
    parts += [*asked_besides(plan)]
    return Path("runs") / "-".join([*first, *(part for part in parts if part != AUTO)])


def measure_all(
    options: argparse.Namespace, recipe: Recipe, plans: Sequence[Plan], out: Path
) -> tuple[Run, Failures]:
    """Runs the plan of each variant into one run directory, with progress.

    Returns:
        The run, and the points that have no result.
    """
    from samprof.cli.progress import SweepBar
    from samprof.sweeps.execute_all import run_sweeps

    with SweepBar() as progress:
        try:
            run = run_sweeps(
                plans,
                engine_of(options, recipe),
                out,
                fresh=options.fresh,
                with_remedy=options.engine not in ("process", "ray") and is_on_cpu(options),
                progress=progress,
            )
        except (KeyboardInterrupt, Terminated) as ending:
            done = len(list((out / "points").glob("b*.json")))
            planned = sum(len(plan.sizes) for plan in plans)
            how = "terminated" if isinstance(ending, Terminated) else "interrupted"
            line = f"{options.command}: {how}: {out} holds {done} of {planned} points"
            raise type(ending)(f"{line}; run the same command again to finish") from None
    RunDirectory(out).write_command(options.words)
    return run, _without_result(run, plans, progress.interrupted)


def say_failures(options: argparse.Namespace, out: Path, failures: Failures) -> int:
    """Prints a line on the points that have no result; returns the exit code.

    A point that did not fit in memory has one: so much is an answer.
    """
    if not failures:
        return DONE
    cause = "; ".join(
        f"{point} {'failed' if status == 'failed' else 'was interrupted'} ({message})"
        for point, (status, message) in failures.items()
    )
    remedy = "--fresh measures all points again"
    if any(status == "interrupted" for status, _ in failures.values()):
        remedy = "run the same command again to measure what was interrupted"
    write_err(f"samprof: {RunError(options.command, out, cause, remedy)}\n")
    return FAILED


def _without_result(run: Run, plans: Sequence[Plan], interrupted: Mapping[str, str]) -> Failures:
    """The points of these plans that failed, or of which at least a sample was interrupted."""
    from samprof.cli.progress import point_name

    found: Failures = {point: ("interrupted", text) for point, text in interrupted.items()}
    asked = {(plan.variant, size): plan for plan in plans for size in plan.sizes}
    for point in run.data.measured:
        plan = asked.get((point.variant, point.size))
        if plan is not None and point.status in ("failed", "interrupted"):
            found[point_name(plan, point.size)] = (point.status, point.message)
    return found


def write_pages(run: Run, out: Path, options: argparse.Namespace) -> None:
    """Writes report and figures, and prints where they are."""
    written = [f"Run directory: {out}"]
    try:
        written.append(f"Report:        {run.report(out / 'report.html')}")
        figures = ", ".join(str(path) for path in run.figures(out / "figures"))
        written.append(f"Figures:       {figures}")
    except MissingPackageError as error:
        # The sweep is done and printed; samprof report can write them later.
        write_err(f"samprof: {error}\n")
    if not for_programs(options):
        write_out("\n" + "\n".join(written) + "\n")
