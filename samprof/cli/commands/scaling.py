"""`samprof scaling`: the scaling table and the verdict of a run."""

import argparse

from samprof.cli.limit_options import add_limit_arguments, limits_of
from samprof.cli.open_path import open_run
from samprof.cli.output import add_output_arguments, print_table
from samprof.cli.part_options import add_part_arguments, part_shown
from samprof.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("path", help="a run directory")
    add_part_arguments(parser)
    parser.add_argument(
        "--roles",
        action="store_true",
        help="one row per role (window attention, MLP, ...) instead of one per layer",
    )
    add_limit_arguments(parser, "recommend a batch size within this much memory (2GB, 800MiB)")
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prints points, scaling table, time accounting and verdict."""
    if options.roles and options.root is not None:
        cause = "roles are summed over the whole model"
        raise UsageError("scaling", f"--root {options.root}", cause, "leave out --roles")
    limits = limits_of(options)
    found = open_run(options.path, "scaling")
    if limits:
        from samprof.sweeps.run.run import Run

        found = Run(found.path, limits)
    table = found.roles() if options.roles else found.scaling()
    shown = part_shown(table, options)

    def as_text(width: int | None) -> str:
        from samprof.report.text.run import run_text
        from samprof.report.text.scaling import scaling_text

        if options.roles:
            summary = found.summary()
            return scaling_text(table, summary.role_times, width, axis=summary.axis)
        return run_text(found.summary(), width, depth=options.depth, root=options.root)

    print_table(shown, options, as_text)
    return 0
