"""`samprof scaling`: the answer of a run."""

import argparse

from samprof.cli.limits import add_limit_arguments, limits_of
from samprof.cli.output import add_output_arguments, print_table
from samprof.cli.source import open_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("path", help="a run directory")
    parser.add_argument("--depth", type=int, metavar="N", help="rows down to this depth")
    parser.add_argument("--roles", action="store_true", help="one row a layer class")
    add_limit_arguments(parser, "the batch to run takes no more memory")
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prints points, scaling table, books and verdict."""
    limits = limits_of(options)
    found = open_run(options.path)
    if limits:
        from samprof.sweep.run import Run

        found = Run(found.path, limits)
    table = found.roles() if options.roles else found.scaling()
    shown = table if options.depth is None else table[table["depth"] <= options.depth]

    def as_text(width: int | None) -> str:
        from samprof.report.text import run_text, scaling_text

        if options.roles:
            return scaling_text(table, width)
        return run_text(found.summary, width, depth=options.depth)

    print_table(shown, options, as_text)
    return 0
