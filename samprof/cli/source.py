"""What a command reads: a trace file, one batch size of a run directory, or a folder of ranks."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from samprof.errors import UsageError

if TYPE_CHECKING:
    from samprof.sweep.run import Run
    from samprof.trace import Trace
    from samprof.trace.ranks import Ranks


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """The path, and which part of it."""
    parser.add_argument(
        "path", help="a trace (.json, .json.gz), a run directory, or a folder of ranks' traces"
    )
    parser.add_argument(
        "--batch-size", type=int, metavar="B", help="of a run: which (default: the largest)"
    )
    parser.add_argument(
        "--by",
        default="auto",
        metavar="RANGES",
        help="who owns time: samprof, module, annotation, op (default: the first that exists)",
    )
    add_cache_argument(parser)


def add_cache_argument(parser: argparse.ArgumentParser) -> None:
    """`--no-cache`."""
    parser.add_argument(
        "--no-cache",
        action="store_true",
        help="parse the trace anew, and write no .samprof.npz beside it",
    )


def open_source(options: argparse.Namespace) -> Trace | Ranks:
    """The trace, or the traces, that the arguments mean.

    Raises:
        SamprofError: it cannot be read.
    """
    from samprof.api import load
    from samprof.sweep.run import Run

    source = load(options.path, cache=not options.no_cache)
    if isinstance(source, Run):
        return source.trace(options.batch_size or _largest(source))
    if options.batch_size is not None:
        remedy = "leave it out, or give a run directory"
        raise UsageError("load", options.path, "a trace has one batch size only", remedy)
    return source


def open_trace(options: argparse.Namespace) -> Trace:
    """The one trace that the arguments mean.

    Raises:
        SamprofError: it cannot be read, or there are several.
    """
    from samprof.trace.ranks import Ranks

    source = open_source(options)
    if isinstance(source, Ranks):
        names = ", ".join(path.name for path in source.traces[:3])
        cause = f"{len(source.traces)} traces in this directory"
        raise UsageError("load", options.path, cause, f"give one of them ({names})")
    return source


def open_run(path: str) -> Run:
    """The run in a directory.

    Raises:
        UsageError: it is a trace.
    """
    from samprof.api import load
    from samprof.sweep.run import Run

    source = load(path)
    if not isinstance(source, Run):
        remedy = "give the directory that samprof sweep wrote"
        raise UsageError("load", path, "a trace, which has one batch size only", remedy)
    return source


def _largest(run: Run) -> int:
    points = run.points()
    ok = points.loc[points["status"] == "ok", "batch_size"]
    return int(ok.max()) if len(ok) else 1
