"""How commands print: text for people, the same rows as JSON or CSV for programs."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """`--json` and `--csv`."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the rows as JSON")
    form.add_argument("--csv", action="store_true", help="the rows as CSV")


def print_table(
    table: pd.DataFrame, options: argparse.Namespace, as_text: Callable[[int], str]
) -> None:
    """Prints the table in the asked form; `as_text` is given the width of the terminal."""
    if options.json:
        rows = json.loads(table.to_json(orient="records", double_precision=15))
        text = json.dumps(rows, indent=1) + "\n"
    elif options.csv:
        text = table.to_csv(index=False)
    else:
        text = as_text(width())
    sys.stdout.write(text)


def width() -> int:
    """Columns of the terminal; 80 where there is none."""
    return max(shutil.get_terminal_size((80, 24)).columns, 40)
