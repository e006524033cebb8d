"""`--depth` and `--root`: the part of a table that is shown, to people and to programs alike."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from samprof.cli.output import add_depth_argument
from samprof.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd


def add_part_arguments(parser: argparse.ArgumentParser) -> None:
    """`--depth` and `--root`."""
    add_depth_argument(parser)
    add_root_argument(parser, "show this layer and what is inside it only; --depth counts from it")


def add_root_argument(parser: argparse.ArgumentParser, root_help: str) -> None:
    """`--root`."""
    parser.add_argument("--root", metavar="PATH", help=root_help)


def add_fused_argument(parser: argparse.ArgumentParser) -> None:
    """`--fused`."""
    parser.add_argument(
        "--fused",
        choices=("sets", "parent"),
        default="sets",
        help="kernels that a compiler made from several layers: a row for each set of layers, or a "
        "part of the layer around all of them (default: sets)",
    )


def part_shown(table: pd.DataFrame, options: argparse.Namespace) -> pd.DataFrame:
    """The rows that `--depth` and `--root` ask for.

    Raises:
        UsageError: the table has no row of that path.
    """
    from samprof.analysis.scaling.part import part_of

    check_root(table["path"], options)
    return part_of(table, options.depth, options.root)


def check_root(paths: Iterable[str], options: argparse.Namespace) -> None:
    """Refuses a `--root` that is none of the paths.

    Raises:
        UsageError: it is none of them; the error names the nearest.
    """
    from samprof.analysis.scaling.part import nearest

    known = set(paths)
    if options.root is None or options.root in known:
        return
    found = nearest(options.root, paths)
    remedy = f"the nearest: {', '.join(found)}" if found else "leave it out to see all paths"
    raise UsageError(options.command, f"--root {options.root}", "no such layer", remedy)
