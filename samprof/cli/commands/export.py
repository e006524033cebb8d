"""`samprof export`: the last steps of a trace as a file of their own, with layers as tracks."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from samprof.cli.open_path import add_cache_argument, add_trace_arguments, trace_file
from samprof.cli.output import print_notes, write_out
from samprof.errors import UsageError

if TYPE_CHECKING:
    from samprof.integrations.perfetto.export import Exported

_ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_trace_arguments(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="the file to write, .json.gz or .json"
    )
    parser.add_argument(
        "--steps", metavar="N", default="1", help="the last N marked steps, or all (default: 1)"
    )
    parser.add_argument(
        "--tracks",
        action="store_true",
        help="add tracks for each device: each module and block as a slice over its own kernels",
    )
    # The name that the option had before.
    parser.add_argument("--lanes", dest="tracks", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(
        "--by",
        default="auto",
        metavar="RANGES",
        help="what the slices are: samprof, module, annotation, op (default: the first that exists)",
    )
    add_cache_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Writes the file; prints what is in it, and how to look at it."""
    from samprof.integrations.perfetto.export import export

    written = export(
        trace_file(options),
        options.output,
        steps=_steps(options.steps),
        tracks=options.tracks,
        by=options.by,
        cache=not options.no_cache,
    )
    write_out(
        f"{options.output}: {_contents(written)}\nLook at it: samprof view {options.output}\n"
    )
    print_notes(written.notes)
    return 0


def _steps(text: str) -> int | None:
    """How many steps; None for the whole file.

    Raises:
        UsageError: it is not a number.
    """
    if text == _ALL:
        return None
    if not text.isdecimal():
        raise UsageError(
            "export", f"--steps {text}", "not a number of steps", f"give 1, 2 ... or {_ALL}"
        )
    return int(text)


def _contents(written: Exported) -> str:
    """What was written, on one line."""
    from samprof.units import memory_text

    parts = []
    if written.steps:
        first, last = written.steps[0], written.steps[-1]
        which = f"ProfilerStep#{first}" + (f" to #{last}" if last != first else "")
        parts.append(f"{len(written.steps)} of {written.of_steps} steps ({which})")
    parts.append(f"{written.events} of {written.of_events} events")
    if written.tracks:
        slices = "slice" if written.slices == 1 else "slices"
        tracks = "track" if written.tracks == 1 else "tracks"
        parts.append(f"{written.slices} {slices} on {written.tracks} {tracks}")
    return "; ".join([*parts, memory_text(written.size)])
