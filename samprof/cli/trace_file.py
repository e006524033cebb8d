"""The trace file that a command hands on: one that is given, or that of a point of a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from samprof.errors import UsageError


def add_trace_file_arguments(parser: argparse.ArgumentParser) -> None:
    """The path, and which point of a run."""
    parser.add_argument("path", help="a trace (.json, .json.gz), or a run directory")
    parser.add_argument(
        "--batch-size", type=int, metavar="B", help="of a run: which (default: the largest)"
    )
    parser.add_argument(
        "--variant", metavar="V", help="of a run: which (default: eager, or the first)"
    )


def trace_file(options: argparse.Namespace) -> Path:
    """The file that the arguments mean; it need not exist.

    Raises:
        SamprofError: there is none, or there are several.
    """
    from samprof.sweep.store import RUN_FILE
    from samprof.trace.read import traces_in

    path = Path(options.path)
    if (path / RUN_FILE).is_file():
        from samprof.sweep.run import Run

        return Run(path).trace_path(options.batch_size, options.variant)
    for flag, value in (("--batch-size", options.batch_size), ("--variant", options.variant)):
        if value is not None:
            remedy = "leave it out, or give a run directory"
            raise UsageError(options.command, f"{flag} {value}", f"{path} is no run", remedy)
    if not path.is_dir():
        return path
    traces = traces_in(path)
    if len(traces) > 1:
        names = ", ".join(trace.name for trace in traces[:3])
        cause = f"{len(traces)} traces in this directory"
        raise UsageError(options.command, path, cause, f"give one of them ({names})")
    return traces[0]
