"""`samprof verify`: proves on this machine's GPU that the numbers are right."""

from __future__ import annotations

import argparse
from collections import Counter
from typing import TYPE_CHECKING

from samprof.cli.output import write_err, write_out
from samprof.errors import UsageError
from samprof.verify.run import GROUPS, MINUTES

if TYPE_CHECKING:
    from samprof.verify.check import Check
    from samprof.verify.results import Results

OUT = "runs/verify"
FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "--dry", action="store_true", help="run every check on the CPU, with few points"
    )
    parser.add_argument(
        "-o", "--out", default=OUT, metavar="DIR", help=f"a new or empty folder (default: {OUT})"
    )
    parser.add_argument(
        "--only", metavar="GROUPS", help=f"with commas between: {','.join(map(_option, GROUPS))}"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=MINUTES,
        metavar="M",
        help=f"how long it may take: {MINUTES:g} for everything (default), 2 for what a user needs",
    )


def run(options: argparse.Namespace) -> int:
    """Prints a line per check, the failed ones again, and what all of them say; 1 if one failed."""
    from samprof.verify.run import verify

    results = verify(
        options.out,
        dry=options.dry,
        groups=_groups(options.only) if options.only else None,
        minutes=options.minutes,
        command=" ".join(options.words),
        compiler_missing=_compiler_missing(dry=options.dry),
        report=_print,
        progress=lambda text: write_err(f"{text}\n"),
    )
    write_out(f"{_summary(results)}\n")
    return FAILED if any(check.ok is False for check in results.checks) else 0


def _option(group: str) -> str:
    return group.replace(" ", "-")


def _groups(text: str) -> list[str]:
    """The groups of `--only`, in the names of which a hyphen may stand for a space."""
    names = {_option(group): group for group in GROUPS}
    words = [word.strip() for word in text.split(",")]
    if unknown := [word for word in words if _option(word) not in names]:
        remedy = f"the groups are {', '.join(names)}"
        raise UsageError("verify", f"--only {unknown[0]}", "no such group", remedy)
    return [names[_option(word)] for word in words]


def _compiler_missing(*, dry: bool) -> str:
    """Why torch.compile will not work on the GPU; a dry run compiles nothing."""
    import torch

    from samprof.record.capabilities import what_is_missing

    if dry or not torch.cuda.is_available():
        return ""
    return what_is_missing(torch.device("cuda"))["torch.compile"]


def _print(check: Check) -> None:
    write_out(f"{check.line()}\n")


def _summary(results: Results) -> str:
    failed = [check.line() for check in results.checks if check.ok is False]
    count = Counter(check.verdict for check in results.checks)
    parts = [f"{count[name]} {name}" for name in ("pass", "fail", "shown", "not run")]
    totals = f"{', '.join(parts)}; {results.about['seconds']:.0f} s; {results.path.parent}"
    told = results.about["conclusion"]
    return "\n".join(["", *(["failed:", *failed, ""] if failed else []), totals, told])
