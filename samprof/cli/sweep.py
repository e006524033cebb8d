"""`samprof sweep`: measure, then answer."""

import argparse
import sys
from pathlib import Path

from samprof.analysis.axis import AXES
from samprof.cli.limits import add_limit_arguments, check_limits, limits_of, search_largest
from samprof.cli.output import add_output_arguments, for_programs, print_table
from samprof.cli.workload import (
    add_workload_arguments,
    default_over,
    directory_of,
    engine_of,
    plans_of,
    workload_recipe,
)
from samprof.errors import MissingPackageError
from samprof.sam.names import WORKLOADS
from samprof.sweep.engines import Engine
from samprof.sweep.plan import Plan
from samprof.sweep.run import Run
from samprof.sweep.store import Store
from samprof.sweep.target import Recipe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_workload_arguments(parser)
    parser.add_argument(
        "--workload", metavar="NAME", help=f"{', '.join(WORKLOADS)} (default: what --over needs)"
    )
    parser.add_argument("--over", metavar="AXIS", help=f"{', '.join(AXES)} (default: batch-size)")
    parser.add_argument(
        "--batch-sizes",
        "--sizes",
        dest="sizes",
        metavar="N,N,...",
        help="sizes on that axis (default for batch sizes: 1,2,4,8)",
    )
    parser.add_argument("--depth", type=int, metavar="N", help="print rows down to this depth")
    add_limit_arguments(
        parser,
        "search the largest batch within this memory, and keep the batch to run within it; free: "
        "what is free on the CUDA device",
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Runs the sweep, prints the answer, writes tables, report and figures."""
    workload, over = default_over(options.workload, options.over)
    check_limits(options, over)
    recipe = workload_recipe(options, workload, over)
    sizes = options.sizes
    if sizes is None:
        sizes = ",".join(map(str, AXES[over].defaults))
    plans = plans_of(options, workload, recipe, over, sizes)
    special = [] if workload == "encode" else [workload]
    special += [] if over == WORKLOADS[workload].over[0] else [over]
    out = directory_of(options, *special)
    run = measure_all(options, recipe, plans, out)
    limits = limits_of(options, str(run.target.get("device", "")))
    sentences = _largest(run, options, recipe, plans, limits.memory_bytes)
    run = Run(out, limits) if limits else run

    def as_text(width: int | None) -> str:
        from samprof.report.table import wrapped
        from samprof.report.text import run_text

        text = run_text(run.summary, width, depth=options.depth)
        return "\n".join([text, *(wrapped(sentence, width) for sentence in sentences)])

    print_table(run.scaling(), options, as_text, sentences)
    if not for_programs(options):
        sys.stdout.write("\n")
    write_pages(run, out, options)
    return 0


def measure_all(options: argparse.Namespace, recipe: Recipe, plans: list[Plan], out: Path) -> Run:
    """Carries out the plan of each variant in one run directory, with progress."""
    from samprof.cli.progress import SweepProgress
    from samprof.sweep.sweep import carry_out

    for number, plan in enumerate(plans):
        with SweepProgress(plan) as progress:
            try:
                carry_out(
                    plan,
                    engine_of(options, recipe, plan.variant),
                    out,
                    fresh=options.fresh and number == 0,
                    progress=progress,
                )
            except KeyboardInterrupt:
                done = len(list((out / "points").glob("b*.json")))
                planned = len(plans) * len(plan.batch_sizes)
                sys.stderr.write(
                    f"samprof: sweep: interrupted: {out} keeps {done} of {planned} "
                    "points; run the same command to finish\n"
                )
                raise
    Store(out).write_command(options.words)
    return Run(out)


def _largest(
    run: Run,
    options: argparse.Namespace,
    recipe: Recipe,
    plans: list[Plan],
    limit_bytes: int | None,
) -> list[str]:
    """A sentence on the largest batch of each variant within the limit; none without a limit."""
    if limit_bytes is None:
        return []
    # Each try has a process of its own, wherever the points were measured.
    engine = "subprocess" if options.engine == "process" else options.engine
    apart = argparse.Namespace(**{**vars(options), "engine": engine})

    def engine_for(plan: Plan) -> Engine:
        return engine_of(apart, recipe, plan.variant)

    return search_largest(run, plans, engine_for, limit_bytes)


def write_pages(run: Run, out: Path, options: argparse.Namespace) -> None:
    """Writes report and figures, and says where they are."""
    written = [f"Run directory: {out}"]
    try:
        written.append(f"Report:        {run.report(out / 'report.html')}")
        figures = ", ".join(str(path) for path in run.figures(out / "figures"))
        written.append(f"Figures:       {figures}")
    except MissingPackageError as error:
        # The sweep is done and printed; the pictures can be had later with samprof report.
        sys.stderr.write(f"samprof: {error}\n")
    if not for_programs(options):
        sys.stdout.write("\n".join(written) + "\n")
