"""`samprof components`: where the time of a pipeline goes, host and device side by side."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from samprof.cli.output import add_output_arguments, for_programs, notes_text, print_table
from samprof.cli.source import add_cache_argument
from samprof.cli.sweep import measure_all, write_pages
from samprof.cli.workload import (
    add_workload_arguments,
    directory_of,
    plans_of,
    workload_recipe,
)
from samprof.errors import RunError, UsageError
from samprof.sam.names import WORKLOADS
from samprof.sam.plans import usual_size

if TYPE_CHECKING:
    from samprof.sweep.run import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    meanings = "; ".join(f"{name}: {known.meaning}" for name, known in WORKLOADS.items())
    parser.add_argument(
        "what",
        metavar="WORKLOAD|PATH",
        help=f"{meanings}. Or a trace or a run directory that is already there",
    )
    add_workload_arguments(parser)
    parser.add_argument(
        "--batch-size",
        type=int,
        metavar="B",
        help="images (default: 4 of batch, all of a folder of amg, else 1); of a run: which point",
    )
    add_cache_argument(parser)
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Measures the workload in each of its ways, or reads what is there; prints the components."""
    if options.what not in WORKLOADS:
        return _read(options)
    workload = options.what
    over = WORKLOADS[workload].over[0]
    if options.factory:
        remedy = "use samprof sweep --factory, then samprof components RUN"
        raise UsageError("components", "--factory", "has no workload", remedy)
    if options.batch_size is not None and over != "batch-size":
        raise UsageError(workload, "--batch-size", "means nothing here", "use --prompts")
    recipe = workload_recipe(options, workload, over)
    plans = plans_of(options, workload, recipe, over, str(_size(options, workload)))
    out = directory_of(options, "components", workload)
    found = measure_all(options, recipe, plans, out)
    if not any(point == "ok" for point in found.points()["status"]):
        message = next(iter(found.points()["message"]), "no point was measured")
        raise RunError(workload, out, message, "see the message, and run the same command again")
    _print(found, options)
    if not for_programs(options):
        sys.stdout.write("\n")
    write_pages(found, out, options)
    return 0


def _size(options: argparse.Namespace, workload: str) -> int:
    """How much of the workload is measured."""
    asks = "prompts" in WORKLOADS[workload].over
    given: int | None = options.prompts if asks else options.batch_size
    return usual_size(workload, options.images) if given is None else given


def _read(options: argparse.Namespace) -> int:
    from samprof.api import load
    from samprof.sweep.run import Run
    from samprof.trace import Trace

    if not Path(options.what).exists():
        remedy = f"give one of {', '.join(WORKLOADS)}, a trace or a run directory"
        raise UsageError("components", options.what, "no such workload or path", remedy)
    source = load(options.what, cache=not options.no_cache)
    if isinstance(source, Run):
        _print(source, options, options.batch_size)
        return 0
    if not isinstance(source, Trace):
        raise UsageError("components", options.what, "several traces", "give one of them")
    table = source.components()

    def as_text(width: int | None) -> str:
        from samprof.report.components import components_text

        return components_text({"": table}, width) + notes_text(source.notes, width)

    print_table(table, options, as_text, source.notes)
    return 0


def _print(run: Run, options: argparse.Namespace, size: int | None = None) -> None:
    """The components of one size in each variant."""
    import pandas as pd

    tables = {name: run.components(size, name) for name in _variants_with(run, size)}
    if not tables:
        remedy = f"there are {', '.join(map(str, run.points()['batch_size'].unique()))}"
        raise RunError("components", run.path, f"no {run.axis.text(size or 0)}", remedy)
    rows = pd.concat([table.assign(variant=name) for name, table in tables.items()])

    def as_text(width: int | None) -> str:
        from samprof.report.components import run_components_text

        return run_components_text(run.summary, tables, size, width)

    print_table(rows, options, as_text)


def _variants_with(run: Run, size: int | None) -> list[str]:
    points = run.points()
    ok = points[points["status"] == "ok"]
    ok = ok if size is None else ok[ok["batch_size"] == size]
    return [name for name in run.variants() if name in set(ok["variant"])]
