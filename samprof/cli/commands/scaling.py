"""`samprof scaling`: scaling table and verdict of a run, of traces of several sizes, of numbers."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from samprof.cli.limit_options import add_limit_arguments, limits_of
from samprof.cli.made_run import made_run, within
from samprof.cli.open_path import add_by_argument, existing, is_run, open_run
from samprof.cli.output import add_output_arguments, print_table
from samprof.cli.part_options import add_fused_argument, add_part_arguments, part_shown
from samprof.errors import UsageError

if TYPE_CHECKING:
    from samprof.analysis.verdict.limits import Limits
    from samprof.sweeps.run.run import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a run directory; or traces of several sizes, or a folder of them; or a CSV file of "
        "numbers: columns size and total_ms, or the times of layers",
    )
    add_part_arguments(parser)
    add_fused_argument(parser)
    parser.add_argument(
        "--roles",
        action="store_true",
        help="one row per role (window attention, MLP, ...) instead of one per layer",
    )
    parser.add_argument(
        "--sizes",
        metavar="LIST",
        help="of traces: one size per trace, such as 1,2,4 (default: what they tell)",
    )
    add_by_argument(parser, "of traces, the first of these that all have")
    parser.add_argument(
        "--out", metavar="DIR", help="of traces: make a run directory of them, which stays"
    )
    add_limit_arguments(parser, "recommend a batch size within this much memory (2GB, 800MiB)")
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prints points, scaling table, time accounting and verdict."""
    from samprof.analysis.scaling.fused import SETS, folded

    if options.roles and options.root is not None:
        cause = "roles are summed over the whole model"
        raise UsageError("scaling", f"--root {options.root}", cause, "leave out --roles")
    if options.roles and options.fused != SETS:
        cause = "roles are summed over layers and sets of layers"
        raise UsageError("scaling", f"--fused {options.fused}", cause, "leave out --roles")
    limits = limits_of(options)
    with ExitStack() as scratch:
        found = _run(options, limits, scratch)
        table = found.roles() if options.roles else folded(found.scaling(), options.fused)
        shown = part_shown(table, options)

        def as_text(width: int | None) -> str:
            from samprof.report.text.run import run_text
            from samprof.report.text.scaling import scaling_text

            if options.roles:
                summary = found.summary()
                return scaling_text(table, summary.role_times, width, axis=summary.axis)
            summary = replace(found.summary(), scaling=table)
            return run_text(summary, width, depth=options.depth, root=options.root)

        print_table(shown, options, as_text)
    return 0


def _run(options: argparse.Namespace, limits: Limits, scratch: ExitStack) -> Run:
    """The run at the path; or the one that traces make, in `--out` or gone with `scratch`."""
    if len(options.paths) > 1 or not is_run(Path(options.paths[0])):
        found = _gathered(options, scratch)
    else:
        found = open_run(options.paths[0], "scaling")
        for name in ("sizes", "out"):
            value = getattr(options, name)
            if value is not None:
                cause = f"{options.paths[0]} is a run already"
                raise UsageError("scaling", f"--{name} {value}", cause, "leave it out")
    return within(found, limits)


def _gathered(options: argparse.Namespace, scratch: ExitStack) -> Run:
    from samprof.api import scaling
    from samprof.sweeps.plan import checked_size

    texts = options.sizes.split(",") if options.sizes is not None else None
    sizes = None if texts is None else [checked_size(text, "scaling") for text in texts]
    paths = [existing(path) for path in options.paths]
    is_table = len(paths) == 1 and paths[0].suffix == ".csv"
    given = paths[0] if is_table else paths
    return made_run(
        options, scratch, lambda out: scaling(given, sizes=sizes, by=options.by, out=out)
    )
