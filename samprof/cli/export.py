"""`samprof export`: a few steps of a trace in a file of their own, with lanes of the layers."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from samprof.cli.source import add_cache_argument
from samprof.cli.trace_file import add_trace_file_arguments, trace_file
from samprof.errors import UsageError

if TYPE_CHECKING:
    from samprof.bridges.lanes_export import Exported

_ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_trace_file_arguments(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="the file to write, .json.gz or .json"
    )
    parser.add_argument(
        "--steps", metavar="N", default="1", help="the last N marked steps, or all (default: 1)"
    )
    parser.add_argument(
        "--lanes",
        action="store_true",
        help="one more track a device: each module and block as a slice over its own kernels",
    )
    parser.add_argument(
        "--by",
        default="auto",
        metavar="RANGES",
        help="whose lanes: samprof, module, annotation, op (default: the first that exists)",
    )
    add_cache_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Writes the file; prints what is in it, and how to look at it."""
    from samprof.bridges.lanes_export import export

    written = export(
        trace_file(options),
        options.output,
        steps=_steps(options.steps),
        lanes=options.lanes,
        by=options.by,
        cache=not options.no_cache,
    )
    sys.stdout.write(
        f"{options.output}: {_contents(written)}\nLook at it: samprof view {options.output}\n"
    )
    sys.stderr.write("".join(f"samprof: note: {note}\n" for note in written.notes))
    return 0


def _steps(text: str) -> int | None:
    """How many steps; None for all of the file.

    Raises:
        UsageError: it is no number.
    """
    if text == _ALL:
        return None
    if not text.isdecimal():
        raise UsageError(
            "export", f"--steps {text}", "not a number of steps", f"give 1, 2 ... or {_ALL}"
        )
    return int(text)


def _contents(written: Exported) -> str:
    """What was written, in a few words."""
    from samprof.units import memory_text

    parts = []
    if written.steps:
        first, last = written.steps[0], written.steps[-1]
        which = f"ProfilerStep#{first}" + (f" to #{last}" if last != first else "")
        parts.append(f"{len(written.steps)} of {written.of_steps} steps ({which})")
    parts.append(f"{written.events} of {written.of_events} events")
    if written.lanes:
        slices = "slice" if written.slices == 1 else "slices"
        lanes = "lane" if written.lanes == 1 else "lanes"
        parts.append(f"{written.slices} {slices} on {written.lanes} {lanes}")
    return "; ".join([*parts, memory_text(written.size)])
