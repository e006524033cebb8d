"""`samprof kernels`: device time per kernel."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from samprof.cli.open_path import (
    add_by_argument,
    add_cache_argument,
    add_trace_arguments,
    open_trace,
)
from samprof.cli.output import add_output_arguments, print_table
from samprof.cli.part_options import add_root_argument, check_root
from samprof.errors import TraceError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace import Trace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_trace_arguments(parser)
    add_by_argument(parser)
    add_cache_argument(parser)
    add_root_argument(parser, "show the kernels of this layer and of what is inside it only")
    parser.add_argument(
        "--each",
        action="store_true",
        help="one row per device activity, instead of one per kernel name",
    )
    parser.add_argument(
        "--ops",
        action="store_true",
        help="one row per op: time, FLOPs, bytes and rates (needs recorded shapes)",
    )
    parser.add_argument("--top", type=int, metavar="N", help="show the N costliest rows only")
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the kernels, the costliest first."""
    if options.ops and options.root is not None:
        cause = "ops are summed over all layers"
        raise UsageError("kernels", f"--root {options.root}", cause, "leave out --ops")
    trace = open_trace(options)
    if options.ops:
        return _print_ops(trace, options)
    if not trace.has_device_time:
        remedy = "use samprof layers for CPU time, or record on a device"
        raise TraceError("kernels", options.path, "the trace holds no device activity", remedy)
    from samprof.analysis.device.kernels import activities_as_kernels, kernel_totals

    kernels = trace.kernels(options.by)
    whole_ns = int(kernels["dur_ns"].sum())
    kernels = _of_root(kernels, trace, options)
    rows = kernels if options.each else kernel_totals(kernels, whole_ns)
    rows = rows if options.top is None else rows.head(options.top)

    def as_text(width: int | None) -> str:
        from samprof.report.text.kernels import kernels_text
        from samprof.report.text.trace import notes_text

        shown = activities_as_kernels(rows, whole_ns) if options.each else rows
        text = kernels_text(shown, width)
        ops = trace.ops()
        if len(ops) and options.root is None:
            from samprof.report.text.ops import ops_text

            text += "\n" + ops_text(ops if options.top is None else ops.head(options.top), width)
        return text + notes_text(trace.notes, width)

    print_table(rows, options, as_text, trace.notes)
    return 0


def _of_root(kernels: pd.DataFrame, trace: Trace, options: argparse.Namespace) -> pd.DataFrame:
    """The kernels whose owner is inside `--root`; all of them without it."""
    if options.root is None:
        return kernels
    from samprof.analysis.scaling.part import is_inside

    check_root(trace.layers(options.by)["path"], options)
    return kernels[is_inside(kernels["owner"], options.root)]


def _print_ops(trace: Trace, options: argparse.Namespace) -> int:
    ops = trace.ops()
    if ops.empty:
        remedy = "record it with shapes=True (torch.profiler: record_shapes=True)"
        raise TraceError("kernels", options.path, "the trace holds no shapes", remedy)
    rows = ops if options.top is None else ops.head(options.top)

    def as_text(width: int | None) -> str:
        from samprof.report.text.ops import ops_text
        from samprof.report.text.trace import notes_text

        return ops_text(rows, width) + notes_text(trace.notes, width)

    print_table(rows, options, as_text, trace.notes)
    return 0
