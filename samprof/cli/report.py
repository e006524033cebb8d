"""`samprof report`: the page and the pictures of a run, or one page of several runs side by side."""

import argparse
import sys
from pathlib import Path

from samprof.cli.source import open_run
from samprof.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "paths", nargs="+", metavar="RUN", help="a run directory; others are compared with it"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="the page (default, of one run: report.html in it)",
    )
    parser.add_argument(
        "--figures", metavar="DIR", help="the pictures of one run (default: figures in it)"
    )


def run(options: argparse.Namespace) -> int:
    """Writes the page and the pictures; prints where they are."""
    if len(options.paths) > 1:
        written = [_several(options)]
    else:
        (path,) = options.paths
        found = open_run(path)
        page = found.report(options.output or Path(path) / "report.html")
        written = [page, *found.figures(options.figures or Path(path) / "figures")]
    sys.stdout.write("".join(f"{path}\n" for path in written))
    return 0


def _several(options: argparse.Namespace) -> Path:
    from samprof.sweep.page import page_of
    from samprof.sweep.store import write_whole

    if options.output is None:
        cause = "several runs, and nowhere to write their page"
        raise UsageError("report", "arguments", cause, "give -o FILE")
    if options.figures is not None:
        raise UsageError("report", "--figures", "several runs", "report on them one by one")
    write_whole(Path(options.output), page_of([open_run(path) for path in options.paths]).encode())
    return Path(options.output)
