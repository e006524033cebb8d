"""`samprof layers`: time or memory per layer."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from samprof.cli.open_path import (
    ANY_PATH,
    add_by_argument,
    add_cache_argument,
    add_trace_arguments,
    open_traces,
)
from samprof.cli.output import add_output_arguments, print_table
from samprof.cli.part_options import add_fused_argument, add_part_arguments, part_shown
from samprof.errors import TraceError, UsageError

if TYPE_CHECKING:
    from samprof.trace import Trace
    from samprof.trace.ranks.ranks import Ranks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_trace_arguments(parser, ANY_PATH)
    add_by_argument(parser)
    add_cache_argument(parser)
    add_part_arguments(parser)
    add_fused_argument(parser)
    parser.add_argument(
        "--memory",
        action="store_true",
        help="memory instead of time: weights, memory still in use after the layer, workspace and "
        "peak",
    )
    parser.add_argument(
        "--time-source",
        choices=("auto", "device", "cpu"),
        default="auto",
        help="show device time or CPU time (default: device time if the trace has any)",
    )
    parser.add_argument(
        "--total",
        action="store_true",
        help="sums over all calls in the trace, as JSON, CSV and Parquet have them (default: per call "
        "of the layer that holds most of the time)",
    )
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="for ranks: how many processes read them (default: one per core)",
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the layer table and the time accounting; for ranks, how they differ."""
    from samprof.trace import Trace

    if options.workers is not None and options.workers < 1:
        raise UsageError("layers", f"--workers {options.workers}", "not a count", "give 1 or more")
    source = open_traces(options)
    if isinstance(source, Trace):
        _print_trace(source, options)
    else:
        _print_ranks(source, options)
    return 0


def _print_trace(trace: Trace, options: argparse.Namespace) -> None:
    if options.time_source == "device" and not trace.has_device_time:
        remedy = "use --time-source cpu, or record on a device"
        raise TraceError("layers", options.path, "the trace holds no device activity", remedy)
    if options.memory:
        _print_memory(trace, options)
        return
    from samprof.analysis.scaling.fused import folded

    table = folded(trace.layers(options.by), options.fused)
    time_source = trace.time_source if options.time_source == "auto" else options.time_source

    def as_text(width: int | None) -> str:
        from samprof.report.text.trace import trace_text

        return trace_text(
            trace,
            width,
            by=options.by,
            layers=table,
            time_source=time_source,
            depth=options.depth,
            root=options.root,
            sums=options.total,
        )

    print_table(part_shown(table, options), options, as_text, trace.notes)


def _print_memory(trace: Trace, options: argparse.Namespace) -> None:
    table = trace.memory(options.by)

    def as_text(width: int | None) -> str:
        from samprof.report.text.memory import memory_text_of
        from samprof.report.text.trace import notes_text

        text = memory_text_of(table, width, depth=options.depth, root=options.root)
        return text + notes_text(trace.notes, width)

    print_table(part_shown(table, options), options, as_text, trace.notes)


def _print_ranks(ranks: Ranks, options: argparse.Namespace) -> None:
    from samprof.cli.progress import ReadingBar

    if options.memory:
        remedy = "leave it out, or give one trace"
        raise UsageError("layers", "--memory", "each rank has its own memory", remedy)
    if options.fused != "sets":
        remedy = "leave it out, or give one trace"
        raise UsageError("layers", f"--fused {options.fused}", "ranks show sets of layers", remedy)
    if options.time_source != "auto":
        remedy = "leave it out, or give one trace"
        subject = f"--time-source {options.time_source}"
        raise UsageError("layers", subject, "each rank has its own time source", remedy)
    with ReadingBar() as progress:
        table = ranks.layers(options.by, workers=options.workers, progress=progress)

    def as_text(width: int | None) -> str:
        from samprof.report.text.ranks import ranks_text
        from samprof.report.text.trace import notes_text

        totals = ranks.totals(options.by)
        text = ranks_text(table, totals, width, depth=options.depth, root=options.root)
        return text + notes_text(ranks.notes, width)

    print_table(part_shown(table, options), options, as_text, ranks.notes)
