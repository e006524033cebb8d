"""`samprof sweep`: measure, then answer."""

import argparse
import sys
from pathlib import Path

from samprof.cli.model import add_model_arguments, recipe_of
from samprof.cli.output import add_output_arguments, print_table
from samprof.errors import MissingPackageError, UsageError
from samprof.sam.names import AUTO
from samprof.sweep.engines import Engine, Ray, Subprocess, ThisProcess
from samprof.sweep.plan import Plan, checked_batch_sizes, checked_count
from samprof.sweep.target import Recipe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_model_arguments(parser)
    parser.add_argument(
        "--batch-sizes", default="1,2,4,8", metavar="B,B,...", help="default: 1,2,4,8"
    )
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="default: 5")
    parser.add_argument("--warmup", type=int, default=2, metavar="N", help="default: 2")
    parser.add_argument(
        "--granularity", default="block", help="block, layer or op (default: block)"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="the run directory (default: below runs, named after model, dtype and device)",
    )
    parser.add_argument("--fresh", action="store_true", help="start over in a used directory")
    parser.add_argument("--depth", type=int, metavar="N", help="print rows down to this depth")
    parser.add_argument(
        "--engine",
        choices=("subprocess", "process", "ray"),
        default="subprocess",
        help="measure each point in a process of its own (default), in this one, or on Ray",
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Runs the sweep, prints the answer, writes tables, report and figures."""
    from samprof.cli.progress import SweepProgress
    from samprof.sweep.sweep import carry_out

    recipe = recipe_of(options)
    plan = _plan(options, recipe)
    out = Path(options.out or Path("runs") / _name(options))
    with SweepProgress(plan) as progress:
        try:
            run = carry_out(
                plan, _engine(options, recipe), out, fresh=options.fresh, progress=progress
            )
        except KeyboardInterrupt:
            done = len(list((out / "points").glob("b*.json")))
            sys.stderr.write(
                f"samprof: sweep: interrupted: {out} keeps {done} of {len(plan.batch_sizes)} "
                "points; run the same command to finish\n"
            )
            raise

    def as_text(width: int) -> str:
        from samprof.report.text import run_text

        return run_text(run.summary, width, depth=options.depth)

    print_table(run.scaling(), options, as_text)
    written = [f"Run directory: {out}"]
    try:
        written.append(f"Report:        {run.report(out / 'report.html')}")
        figures = ", ".join(str(path) for path in run.figures(out / "figures"))
        written.append(f"Figures:       {figures}")
    except MissingPackageError as error:
        # The sweep is done and printed; the pictures can be had later with samprof report.
        sys.stderr.write(f"samprof: {error}\n")
    if not (options.json or options.csv):
        sys.stdout.write("\n" + "\n".join(written) + "\n")
    return 0


def _plan(options: argparse.Namespace, recipe: Recipe) -> Plan:
    granularities = ("block", "layer", "op")
    if options.granularity not in granularities:
        remedy = f"use one of {', '.join(granularities)}"
        raise UsageError("sweep", options.granularity, "unknown granularity", remedy)
    return Plan(
        target={"factory": recipe.factory, **recipe.arguments},
        batch_sizes=checked_batch_sizes(options.batch_sizes.split(",")),
        repeats=checked_count("repeats", options.repeats, 1),
        warmup=checked_count("warmup", options.warmup, 0),
        granularity=options.granularity,
    )


def _engine(options: argparse.Namespace, recipe: Recipe) -> Engine:
    if options.engine == "ray":
        return Ray(recipe, gpus=0 if options.device == "cpu" else 1)
    return Subprocess(recipe) if options.engine == "subprocess" else ThisProcess(recipe.make())


def _name(options: argparse.Namespace) -> str:
    """What was asked for in words that may stand in a path; what was left open is left out."""
    model = options.factory.replace(":", ".") if options.factory else options.model
    parts = ["sam" if model == AUTO else model, options.dtype, options.device.replace(":", "")]
    return "-".join(part for part in parts if part != AUTO)
