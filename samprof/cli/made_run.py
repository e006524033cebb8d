"""Runs that a command makes at once: in `--out`, or in a directory that goes with the command."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samprof.analysis.verdict.limits import Limits
    from samprof.sweeps.run.run import Run


def made_run(options: argparse.Namespace, scratch: ExitStack, make: Callable[[Path], Run]) -> Run:
    """The run, made in `--out`, where the command line is kept as well; else gone with `scratch`.

    Args:
        options: parsed arguments, with `out` and `words`.
        scratch: holds the directory where none is asked for.
        make: makes the run in a directory.
    """
    from samprof.sweeps.run.stored.directory import RunDirectory

    if options.out is None:
        return make(Path(scratch.enter_context(tempfile.TemporaryDirectory(prefix="samprof-"))))
    out = Path(options.out)
    run = make(out)
    RunDirectory(out).write_command(options.words)
    return run


def within(run: Run, limits: Limits) -> Run:
    """The run, whose verdict keeps to the limits, if there are any."""
    from samprof.sweeps.run.run import Run

    return Run(run.path, limits) if limits else run
