"""`samprof hta`: the figures of Holistic Trace Analysis next to those of samprof."""

from __future__ import annotations

import argparse

from samprof.cli.open_path import ANY_PATH, add_trace_arguments, trace_files
from samprof.cli.output import add_output_arguments, print_table
from samprof.errors import TraceError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_trace_arguments(parser, ANY_PATH)
    parser.add_argument(
        "--top",
        type=int,
        default=10,
        metavar="N",
        help="show the N costliest kernel names only (default: 10)",
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prints HTA's breakdowns with samprof's figures and what makes the differences."""
    from samprof.integrations.hta.analysis import trace_analysis
    from samprof.integrations.hta.figures import figures_table
    from samprof.integrations.hta.ranks import rank_traces

    ranks = rank_traces(trace_files(options))
    idle = [
        str(ranks.paths[rank]) for rank, trace in ranks.traces.items() if not trace.has_device_time
    ]
    if idle:
        remedy = "HTA analyses kernels only: use samprof layers"
        raise TraceError("hta", idle[0], "the trace holds no device activity", remedy)
    table = figures_table(trace_analysis(ranks.paths), ranks.traces)

    def as_text(width: int | None) -> str:
        from samprof.integrations.hta.text import figures_text
        from samprof.report.text.trace import notes_text

        return figures_text(table, width, options.top) + notes_text(ranks.notes, width)

    print_table(table, options, as_text, ranks.notes)
    return 0
