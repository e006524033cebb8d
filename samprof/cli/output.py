"""How commands print: text for people, the same rows as JSON or CSV for programs."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from samprof.errors import UsageError
from samprof.files import written_whole

if TYPE_CHECKING:
    import pandas as pd


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """`--json`, `--csv`, `--markdown` and `--parquet`."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the rows as JSON")
    form.add_argument("--csv", action="store_true", help="the rows as CSV")
    form.add_argument("--markdown", action="store_true", help="a GitHub table, for pull requests")
    form.add_argument("--parquet", metavar="FILE", help="write the rows to a parquet file")


def print_table(
    table: pd.DataFrame,
    options: argparse.Namespace,
    as_text: Callable[[int | None], str],
    notes: Sequence[str] = (),
) -> None:
    """Prints the table in the asked form, or writes it to the parquet file.

    Args:
        table: the rows.
        options: parsed arguments.
        as_text: the text for a width of the terminal, or in markdown for None; notes included.
        notes: go to stderr with rows for programs.

    Raises:
        SamprofError: the file cannot be written.
    """
    if options.json:
        rows = json.loads(table.to_json(orient="records", double_precision=15))
        text = json.dumps(rows, indent=1) + "\n"
    elif options.csv:
        text = table.to_csv(index=False)
    elif options.parquet:
        text = f"{_parquet(table, Path(options.parquet))}\n"
    else:
        text = as_text(None if options.markdown else width())
    sys.stdout.write(text)
    if for_programs(options):
        sys.stderr.write("".join(f"samprof: note: {note}\n" for note in notes))


def for_programs(options: argparse.Namespace) -> bool:
    """Whether stdout holds the rows in a form that nothing else may stand beside."""
    return bool(options.json or options.csv or options.markdown or options.parquet)


def notes_text(notes: Sequence[str], width: int | None) -> str:
    """What stands below a table: remarks that its numbers need."""
    from samprof.report.table import wrapped

    return "".join(wrapped(f"Note: {note}", width) for note in notes)


def _parquet(table: pd.DataFrame, path: Path) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as file:
            table.to_parquet(file, index=False)
    except OSError as error:
        cause = error.strerror or str(error)
        raise UsageError("write", path, cause, "give a path that can be written") from None
    return path


def width() -> int:
    """Columns of the terminal; 80 where there is none."""
    return max(shutil.get_terminal_size((80, 24)).columns, 40)
