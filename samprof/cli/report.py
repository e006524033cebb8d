"""`samprof report`: the page and the pictures of a run."""

import argparse
import sys
from pathlib import Path

from samprof.cli.source import open_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("path", help="a run directory")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="the page (default: report.html in the run)"
    )
    parser.add_argument(
        "--figures", metavar="DIR", help="the pictures (default: figures in the run)"
    )


def run(options: argparse.Namespace) -> int:
    """Writes the page and the pictures; prints where they are."""
    found = open_run(options.path)
    page = found.report(options.output or Path(options.path) / "report.html")
    figures = found.figures(options.figures or Path(options.path) / "figures")
    sys.stdout.write("".join(f"{path}\n" for path in [page, *figures]))
    return 0
