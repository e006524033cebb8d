"""`samprof hta`: Holistic Trace Analysis beside samprof."""

from __future__ import annotations

import argparse
from pathlib import Path

from samprof.cli.output import add_output_arguments, print_table
from samprof.errors import TraceError, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "path", help="a trace (.json, .json.gz), a run directory, or a folder of ranks' traces"
    )
    parser.add_argument(
        "--batch-size", type=int, metavar="B", help="of a run: which (default: the largest)"
    )
    parser.add_argument("--variant", metavar="V", help="of a run: which (default: eager)")
    parser.add_argument(
        "--top", type=int, default=10, metavar="N", help="so many kernels by name (default: 10)"
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prints HTA's breakdowns with samprof's figures and what makes the differences."""
    from samprof.bridges.hta import compared, trace_analysis
    from samprof.trace import load_trace

    paths = _traces(options)
    traces = {rank: load_trace(path) for rank, path in paths.items()}
    idle = [str(paths[rank]) for rank, trace in traces.items() if not trace.has_device_time]
    if idle:
        remedy = "HTA analyses kernels only: use samprof layers"
        raise TraceError("hta", idle[0], "the trace holds no device activity", remedy)
    table = compared(trace_analysis(paths), traces)

    def as_text(width: int | None) -> str:
        from samprof.bridges.hta_text import hta_text

        return hta_text(table, width, options.top)

    print_table(table, options, as_text)
    return 0


def _traces(options: argparse.Namespace) -> dict[int, Path]:
    """Rank -> trace file.

    Raises:
        SamprofError: there is none, or an argument does not fit.
    """
    from samprof.api import load
    from samprof.sweep.run import Run
    from samprof.sweep.store import RUN_FILE
    from samprof.trace.ranks import Ranks
    from samprof.trace.read import traces_in

    path = Path(options.path)
    if (path / RUN_FILE).is_file():
        return {0: Run(path).trace_path(options.batch_size, options.variant)}
    for name, value in (("--batch-size", options.batch_size), ("--variant", options.variant)):
        if value is not None:
            remedy = "leave it out, or give a run directory"
            raise UsageError("hta", name, "a trace has neither sizes nor variants", remedy)
    if not path.is_dir():
        return {0: path}
    source = load(path)
    if isinstance(source, Ranks):
        return {int(one.rank or 0): one.path for one in source.read()}
    return {0: traces_in(path)[0]}
