"""`samprof layers`: time by layer."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from samprof.cli.output import add_output_arguments, notes_text, print_table
from samprof.cli.source import add_source_arguments, open_source
from samprof.errors import TraceError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace import Trace
    from samprof.trace.ranks import Ranks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_source_arguments(parser)
    parser.add_argument("--depth", type=int, metavar="N", help="rows down to this depth")
    parser.add_argument(
        "--memory", action="store_true", help="memory by layer: weights, kept, workspace, peak"
    )
    parser.add_argument(
        "--clock",
        choices=("auto", "device", "cpu"),
        default="auto",
        help="device time or CPU time (default: device where there is any)",
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="of ranks: processes that read (default: cores)"
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the layer table and the books; of ranks, how they differ."""
    from samprof.trace import Trace

    if options.workers is not None and options.workers < 1:
        raise UsageError("layers", f"--workers {options.workers}", "no processes", "give 1 or more")
    source = open_source(options)
    if isinstance(source, Trace):
        _print_trace(source, options)
    else:
        _print_ranks(source, options)
    return 0


def _print_trace(trace: Trace, options: argparse.Namespace) -> None:
    if options.clock == "device" and not trace.has_device_time:
        remedy = "use --clock cpu, or record on a device"
        raise TraceError("layers", options.path, "the trace holds no device activity", remedy)
    if options.memory:
        _print_memory(trace, options)
        return
    table = trace.layers(options.by)
    clock = trace.clock if options.clock == "auto" else options.clock

    def as_text(width: int | None) -> str:
        from samprof.report.table import wrapped
        from samprof.report.text import check_text, layers_text

        check = trace.check(options.by)
        text = layers_text(table, width, clock=clock, depth=options.depth)
        books = wrapped(f"Books: {check_text(check.as_dict())}", width)
        return f"{text}\n{books}{notes_text(check.notes, width)}"

    print_table(_down_to(table, options.depth), options, as_text, trace.notes)


def _print_memory(trace: Trace, options: argparse.Namespace) -> None:
    table = trace.memory(options.by)

    def as_text(width: int | None) -> str:
        from samprof.report.memory import memory_text_of

        return memory_text_of(table, width, depth=options.depth) + notes_text(trace.notes, width)

    print_table(_down_to(table, options.depth), options, as_text, trace.notes)


def _print_ranks(ranks: Ranks, options: argparse.Namespace) -> None:
    from samprof.cli.progress import ReadingProgress

    if options.memory:
        remedy = "leave it out, or give one trace"
        raise UsageError("layers", "--memory", "ranks have a memory each", remedy)
    if options.clock != "auto":
        remedy = "leave it out, or give one trace"
        raise UsageError("layers", f"--clock {options.clock}", "ranks have their own", remedy)
    with ReadingProgress() as progress:
        table = ranks.layers(options.by, workers=options.workers, progress=progress)

    def as_text(width: int | None) -> str:
        from samprof.report.ranks import ranks_text

        text = ranks_text(table, ranks.totals(options.by), width, depth=options.depth)
        return text + notes_text(ranks.notes, width)

    print_table(_down_to(table, options.depth), options, as_text, ranks.notes)


def _down_to(table: pd.DataFrame, depth: int | None) -> pd.DataFrame:
    return table if depth is None else table[table["depth"] <= depth]
