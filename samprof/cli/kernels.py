"""`samprof kernels`: device time by kernel."""

import argparse

from samprof.cli.output import add_output_arguments, notes_text, print_table
from samprof.cli.source import add_source_arguments, open_trace
from samprof.errors import TraceError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_source_arguments(parser)
    parser.add_argument("--each", action="store_true", help="one row an activity, not a kernel")
    parser.add_argument("--top", type=int, metavar="N", help="the N costliest rows only")
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the kernels, the costliest first."""
    trace = open_trace(options)
    if not trace.has_device_time:
        remedy = "use samprof layers for CPU time, or record on a device"
        raise TraceError("kernels", options.path, "the trace holds no device activity", remedy)
    from samprof.analysis.kernels import activities_as_kernels, kernel_totals

    kernels = trace.kernels(options.by)
    totals = kernel_totals(kernels)
    rows = kernels if options.each else totals
    rows = rows if options.top is None else rows.head(options.top)

    def as_text(width: int) -> str:
        from samprof.report.text import kernels_text

        text = kernels_text(activities_as_kernels(rows) if options.each else rows, width)
        return text + notes_text(trace.notes, width)

    print_table(rows, options, as_text, trace.notes)
    return 0
