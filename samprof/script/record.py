"""Runs a program under the watch of samprof."""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from samprof.script.children import named_children
from samprof.script.folder import Folder
from samprof.script.on_import import after_import
from samprof.script.program import Program
from samprof.script.roots import Root, Settings

if TYPE_CHECKING:
    from samprof.script.watch import Watch


@dataclass(frozen=True)
class Ran:
    """A program that has run, and what was recorded of it.

    Attributes:
        exit_code: as the program ended.
        wall_ns: how long it ran, recording included.
        recording_ns: how much of that recording took.
        folder: holds the traces; missing if nothing was recorded.
        roots: where it called models, in the order of the first calls.
        children: names of the processes that it started with multiprocessing.
        has_torch: whether it imported torch.
        profiled: calls that were not recorded because it ran a profiler of its own.
        failure: why recording ended before its time; empty if it did not.
    """

    exit_code: int
    wall_ns: int
    recording_ns: int
    folder: Path
    roots: Sequence[Root]
    children: Sequence[str]
    has_torch: bool
    profiled: int
    failure: str


def record_program(program: Program, settings: Settings, folder: Folder) -> Ran:
    """Runs the program to its end, and records some of its calls of models.

    Does not return in a process that the program forked.

    Args:
        program: what to run.
        settings: what to record.
        folder: where the traces go.

    Raises:
        UsageError: there is no such program.
    """
    watches: list[Watch] = []

    def watch() -> None:
        from samprof.script.watch import Watch  # imports torch, which not every program does

        watches.append(Watch(settings, folder))
        watches[0].start()

    process, start_ns = os.getpid(), time.perf_counter_ns()
    try:
        with named_children() as children, after_import("torch", watch):
            exit_code = program.run()
    finally:
        for one in watches:
            one.stop()
    if os.getpid() != process:
        _end_fork(exit_code)
    found = watches[0] if watches else None
    return Ran(
        exit_code=exit_code,
        wall_ns=time.perf_counter_ns() - start_ns,
        recording_ns=found.recording_ns if found else 0,
        folder=folder.path,
        roots=found.register.all_roots() if found else [],
        children=children,
        has_torch=found is not None,
        profiled=found.profiled if found else 0,
        failure=found.failure if found else "",
    )


def _end_fork(exit_code: int) -> NoReturn:
    """Ends a process that the program forked, which came to the end of the program as well.

    As the interpreter would, but that one then waits forever: for threads that torch.profiler has left
    in the first process (torch 2.15).
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(exit_code & 0xFF)
