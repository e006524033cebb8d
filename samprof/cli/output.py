"""How commands print: text for people, the same rows as JSON or CSV for programs."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """`--json` and `--csv`."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the rows as JSON")
    form.add_argument("--csv", action="store_true", help="the rows as CSV")


def print_table(
    table: pd.DataFrame,
    options: argparse.Namespace,
    as_text: Callable[[int], str],
    notes: Sequence[str] = (),
) -> None:
    """Prints the table in the asked form.

    Args:
        table: the rows.
        options: parsed arguments.
        as_text: the text for a width of the terminal, notes included.
        notes: go to stderr with rows for programs.
    """
    if options.json:
        rows = json.loads(table.to_json(orient="records", double_precision=15))
        text = json.dumps(rows, indent=1) + "\n"
    elif options.csv:
        text = table.to_csv(index=False)
    else:
        text = as_text(width())
    sys.stdout.write(text)
    if options.json or options.csv:
        sys.stderr.write("".join(f"samprof: note: {note}\n" for note in notes))


def notes_text(notes: Sequence[str], width: int) -> str:
    """What stands below a table: remarks that its numbers need."""
    from samprof.report.table import wrapped

    return "".join(wrapped(f"Note: {note}", width) for note in notes)


def width() -> int:
    """Columns of the terminal; 80 where there is none."""
    return max(shutil.get_terminal_size((80, 24)).columns, 40)
