"""`samprof report`: the page and the figures of a run, or one page on several runs."""

import argparse
from pathlib import Path

from samprof.cli.open_path import open_run
from samprof.cli.output import write_out
from samprof.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "paths", nargs="+", metavar="RUN", help="a run directory; further ones are compared with it"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="the page to write (default for one run: report.html in its directory)",
    )
    parser.add_argument(
        "--figures",
        metavar="DIR",
        help="where to write the figures of one run (default: figures in its directory)",
    )


def run(options: argparse.Namespace) -> int:
    """Writes the page and the figures; prints where they are."""
    if len(options.paths) > 1:
        written = [_several(options)]
    else:
        (path,) = options.paths
        found = open_run(path, "report")
        page = found.report(options.output or Path(path) / "report.html")
        written = [page, *found.figures(options.figures or Path(path) / "figures")]
    write_out("".join(f"{path}\n" for path in written))
    return 0


def _several(options: argparse.Namespace) -> Path:
    from samprof.sweeps.run.page import page_of
    from samprof.sweeps.run.stored.directory import write_whole

    if options.output is None:
        cause = "several runs, and no file to write their page to"
        raise UsageError("report", "arguments", cause, "give -o FILE")
    if options.figures is not None:
        raise UsageError("report", "--figures", "several runs", "give one run at a time")
    runs = [open_run(path, "report") for path in options.paths]
    write_whole(Path(options.output), page_of([run.data for run in runs]).encode())
    return Path(options.output)
