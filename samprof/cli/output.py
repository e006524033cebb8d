"""How commands print: text for people, the same rows as JSON, CSV or Parquet for programs."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from samprof.errors import UsageError
from samprof.files import written_whole
from samprof.printable import csv_text, printable, printable_lines

if TYPE_CHECKING:
    import pandas as pd


def add_depth_argument(parser: argparse.ArgumentParser) -> None:
    """`--depth`."""
    parser.add_argument(
        "--depth", type=int, metavar="N", help="show layers down to this depth (default: all)"
    )


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """`--json`, `--csv`, `--markdown` and `--parquet`."""
    form = parser.add_argument_group("output").add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the rows as JSON")
    form.add_argument("--csv", action="store_true", help="print the rows as CSV")
    form.add_argument(
        "--markdown", action="store_true", help="print a GitHub table, for pull requests"
    )
    form.add_argument("--parquet", metavar="FILE", help="write the rows to a Parquet file")


def print_table(
    table: pd.DataFrame,
    options: argparse.Namespace,
    as_text: Callable[[int | None], str],
    notes: Sequence[str] = (),
) -> None:
    """Prints the table in the form that was asked for, or writes it to the Parquet file.

    Args:
        table: the rows.
        options: parsed arguments.
        as_text: gives the text, notes included, for a terminal width; Markdown for None.
        notes: printed to stderr when the rows are for programs.

    Raises:
        SamprofError: the file cannot be written.
    """
    if options.json:
        from samprof.cli.json_rows import json_rows

        texts = json_rows(table)
    elif options.csv:
        texts = iter([csv_text(table)])
    elif options.parquet:
        texts = iter([f"{_parquet(table, Path(options.parquet))}\n"])
    else:
        texts = iter([as_text(None if options.markdown else width())])
    for text in texts:
        write_out(text)
    if for_programs(options):
        print_notes(notes)


def print_notes(notes: Iterable[str]) -> None:
    """Prints each note once, to stderr."""
    for note in dict.fromkeys(notes):
        write_err(f"samprof: note: {printable(note)}\n")


def write_out(text: str) -> None:
    """Writes lines to stdout; a terminal sequence in a name is shown, not obeyed."""
    sys.stdout.write(printable_lines(text))
    sys.stdout.flush()


def write_err(text: str, stream: TextIO | None = None) -> None:
    """Writes lines to stderr, or to the stream that it was, as `write_out` does to stdout."""
    stream = stream or sys.stderr
    stream.write(printable_lines(text))
    stream.flush()


def for_programs(options: argparse.Namespace) -> bool:
    """Whether programs read stdout, so that it holds the rows and nothing else."""
    return bool(options.json or options.csv or options.markdown or options.parquet)


def _parquet(table: pd.DataFrame, path: Path) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as file:
            table.to_parquet(file, index=False)
    except OSError as error:
        cause = error.strerror or str(error)
        raise UsageError("write", path, cause, "choose a path that can be written") from None
    return path


def width() -> int:
    """The width of the terminal in columns; 80 where there is none."""
    return max(shutil.get_terminal_size((80, 24)).columns, 40)
