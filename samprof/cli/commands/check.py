"""`samprof check`: whether a trace or a run accounts for all of its time."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from samprof.cli.open_path import ANY_PATH, add_by_argument, add_cache_argument, open_path
from samprof.cli.output import print_notes, width, write_out

FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("path", help=ANY_PATH)
    add_by_argument(parser)
    add_cache_argument(parser)
    parser.add_argument("--json", action="store_true", help="print the checks as JSON")


def run(options: argparse.Namespace) -> int:
    """Prints each check; returns 1 if one failed."""
    from samprof.sweeps.run.run import Run
    from samprof.trace import Trace

    source = open_path(options.path, cache=not options.no_cache)
    notes: list[str] = []
    if isinstance(source, Run):
        checks = {source.axis.text(size): check for size, check in source.checks().items()}
    elif isinstance(source, Trace):
        checks = {"trace": source.check(options.by).as_dict()}
    else:
        checks = {f"rank {rank}": one.as_dict() for rank, one in source.checks(options.by).items()}
        notes = source.notes
    if options.json:
        write_out(json.dumps(checks, indent=1) + "\n")
    else:
        write_out("".join(_text(name, check) for name, check in checks.items()))
    print_notes(notes)
    return 0 if all(check["ok"] for check in checks.values()) and not notes else FAILED


def _text(name: str, check: Mapping[str, Any]) -> str:
    from samprof.report.text.check import check_text
    from samprof.report.text.table import wrapped

    verdict = "ok" if check["ok"] else "FAILED"
    lines = wrapped(f"{name}: {verdict}: {check_text(check)}", width())
    return lines + "".join(wrapped(f"  {note}", width()) for note in check["notes"])
