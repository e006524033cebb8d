"""`samprof check`: the books of a trace or a run."""

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from samprof.cli.output import width
from samprof.cli.source import add_cache_argument

FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "path", help="a trace (.json, .json.gz), a run directory, or a folder of ranks' traces"
    )
    parser.add_argument("--by", default="auto", metavar="RANGES", help="as in samprof layers")
    add_cache_argument(parser)
    parser.add_argument("--json", action="store_true", help="the checks as JSON")


def run(options: argparse.Namespace) -> int:
    """Prints each check; 1 if one failed."""
    from samprof.api import load
    from samprof.sweep.run import Run
    from samprof.trace import Trace

    source = load(options.path, cache=not options.no_cache)
    notes: list[str] = []
    if isinstance(source, Run):
        checks = {f"batch {size}": check for size, check in source.checks().items()}
    elif isinstance(source, Trace):
        checks = {"trace": source.check(options.by).as_dict()}
    else:
        checks = {f"rank {rank}": one.as_dict() for rank, one in source.checks(options.by).items()}
        notes = source.notes
    if options.json:
        sys.stdout.write(json.dumps(checks, indent=1) + "\n")
    else:
        sys.stdout.write("".join(_text(name, check) for name, check in checks.items()))
    sys.stderr.write("".join(f"samprof: note: {note}\n" for note in notes))
    return 0 if all(check["ok"] for check in checks.values()) and not notes else FAILED


def _text(name: str, check: Mapping[str, Any]) -> str:
    from samprof.report.table import wrapped
    from samprof.report.text import check_text

    verdict = "ok" if check["ok"] else "FAILED"
    lines = wrapped(f"{name}: {verdict}: {check_text(check)}", width())
    return lines + "".join(wrapped(f"  {note}", width()) for note in check["notes"])
