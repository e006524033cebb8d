"""`samprof workload`: where the time of a pipeline goes, host and device side by side."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from samprof.cli.measuring import directory_of, measure_all, say_failures, write_pages
from samprof.cli.open_path import (
    add_cache_argument,
    add_size_argument,
    open_path,
    refuse_selection,
    refuse_several,
)
from samprof.cli.output import add_output_arguments, print_table
from samprof.cli.workload_options import add_workload_arguments, plans_of, workload_recipe
from samprof.errors import RunError, UsageError
from samprof.sam.catalogue import WORKLOADS
from samprof.sam.workloads.plans import usual_size

if TYPE_CHECKING:
    from samprof.sweeps.run.run import Run
    from samprof.trace import Trace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    meanings = "; ".join(f"{name} ({known.meaning})" for name, known in WORKLOADS.items())
    parser.add_argument(
        "what",
        metavar="WORKLOAD|PATH",
        help=f"a workload to measure: {meanings}; or a trace or a run directory to read",
    )
    add_size_argument(
        parser,
        "how many images to measure (default: 4 for batch, all of a directory for amg, else 1); "
        "for a run: which size to show (default: the largest)",
    )
    add_workload_arguments(parser)
    add_cache_argument(parser)
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Measures the workload in each of its modes, or reads a path; prints the components."""
    if options.what in WORKLOADS:
        return _measure(options)
    if not Path(options.what).exists():
        remedy = f"give one of {', '.join(WORKLOADS)}, a trace or a run directory"
        raise UsageError("workload", options.what, "no such workload or path", remedy)
    return _read(options)


def _measure(options: argparse.Namespace) -> int:
    workload = options.what
    over = WORKLOADS[workload].over[0]
    if options.factory:
        remedy = "use samprof sweep --factory, then samprof workload RUN"
        raise UsageError("workload", "--factory", "not supported by this command", remedy)
    if options.size is not None and over != "batch-size":
        raise UsageError(workload, "--size", "not supported by this workload", "use --prompts")
    recipe = workload_recipe(options, workload, over)
    plans = plans_of(options, workload, recipe, over, str(_size(options, workload)))
    out = directory_of(options, plans[0], "workload", workload)
    found, failures = measure_all(options, recipe, plans, out)
    if found.data.good_variants():
        _print_run(found, options, plans[0].sizes[-1])
        write_pages(found, out, options)
    return say_failures(options, out, failures)


def _size(options: argparse.Namespace, workload: str) -> int:
    """How many images or prompts are measured."""
    counts_prompts = "prompts" in WORKLOADS[workload].over
    name = "prompts" if counts_prompts else "size"
    given: int | None = getattr(options, name)
    if given is not None and given < 1:
        raise UsageError("workload", f"--{name} {given}", "not a count", "give 1 or more")
    return usual_size(workload, options.images) if given is None else given


def _read(options: argparse.Namespace) -> int:
    from samprof.sweeps.run.run import Run
    from samprof.trace.ranks.ranks import Ranks

    source = open_path(options.what, cache=not options.no_cache)
    if isinstance(source, Run):
        _print_run(source, options, options.size)
        return 0
    refuse_selection(options, options.what, "size")
    if isinstance(source, Ranks):
        refuse_several(options.what, "workload", source.traces)
    return _print_trace(source, options)


def _print_trace(trace: Trace, options: argparse.Namespace) -> int:
    table = trace.components()

    def as_text(width: int | None) -> str:
        from samprof.report.text.components import components_text
        from samprof.report.text.trace import notes_text

        return components_text({"": table}, width) + notes_text(trace.notes, width)

    print_table(table, options, as_text, trace.notes)
    return 0


def _print_run(run: Run, options: argparse.Namespace, size: int | None = None) -> None:
    """The components of one size in each variant."""
    import pandas as pd

    from samprof.texts import component_tables, components_text_of

    tables = component_tables(run, size)
    if not tables:
        remedy = f"there are {', '.join(map(str, run.points()['size'].unique()))}"
        raise RunError("workload", run.path, f"no {run.axis.text(size or 0)}", remedy)
    rows = pd.concat([table.assign(variant=name) for name, table in tables.items()])
    print_table(rows, options, lambda width: components_text_of(run, tables, size, width))
