"""A tiny sweep as a process of its own, forked from this one, to be killed."""

import ctypes
import gc
import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from samprof.cli import main as command_line
from samprof.cli.commands import sweep
from samprof.sweeps.measure.processes import helper

IMPORTED_LATE = (
    *("torch._dynamo", "pandas", "pyarrow.parquet", "pyarrow.pandas_compat", "scipy.special"),
    *(
        "rich.progress",
        "samprof.sweeps.measure.processes.fork_server",
        "samprof.sweeps.measure.measure",
    ),
    *("samprof.sweeps.execute_all", "samprof.cli.progress"),
)
"""What a sweep imports at some time: here already, so that it takes a second."""

SIGNALS = {"INT": signal.SIGINT, "TERM": signal.SIGTERM, "KILL": signal.SIGKILL}
_EXPECTED = {signal.SIGINT: (130,), signal.SIGTERM: (143,), signal.SIGKILL: (-9,)}
_PR_SET_CHILD_SUBREAPER = 36
_ORPHANS_S = 20.0
FACTORY = "tests.support.targets:net"


@dataclass(frozen=True)
class Ended:
    """How a sweep ended.

    Attributes:
        code: its exit code; -9 for signal 9.
        errors: what it wrote to stderr.
        expected: the exit codes that its signal makes.
        orphans: what is wrong with processes that it left behind.
    """

    code: int
    errors: str
    expected: tuple[int, ...] = ()
    orphans: list[str] = field(default_factory=list)

    @property
    def was_killed(self) -> bool:
        """Whether the signal came before its end."""
        return self.code != 0


def become_reaper() -> None:
    """Processes whose parent is gone become children of this one: none is overlooked."""
    for name in IMPORTED_LATE:
        importlib.import_module(name)
    gc.freeze()  # else each forked process copies much of the memory when it collects garbage
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def apart(ask: Callable[[], Any]) -> Any:
    """The answer of a function, as JSON, from a process of its own.

    Reading tables starts threads, and what is forked beside them may wait for one that it lacks.
    """
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as answer:
                json.dump(ask(), answer)
        except Exception as error:
            sys.stderr.write(f"{error!r}\n")
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(process, 0)
    return json.loads(text)


def run_to_end(out: Path, engine: str) -> Ended:
    """Runs the sweep."""
    process, errors, begun = _start(out, engine)
    os.close(begun)
    return _ended(process, errors, ())


def run_until_killed(out: Path, engine: str, number: signal.Signals, after_s: float) -> Ended:
    """Runs the sweep, and sends it a signal after a time."""
    process, errors, begun = _start(out, engine)
    os.read(begun, 1)
    os.close(begun)
    time.sleep(after_s)
    os.kill(process, number)
    return _ended(process, errors, _EXPECTED[number])


def _start(out: Path, engine: str) -> tuple[int, Path, int]:
    """Starts the sweep: its process, the file of its stderr, a pipe that tells when it begins."""
    errors = out.with_suffix(".stderr")
    reading, begun = os.pipe()
    process = os.fork()
    if process:
        os.close(begun)
        return process, errors, reading
    code = 1
    try:
        _redirect(errors)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background
        helper.start = _forked_program  # type: ignore[assignment, attr-defined]
        sweep.write_pages = _no_pages  # type: ignore[assignment, attr-defined]
        words = ["sweep", "--factory", FACTORY, "--out", str(out), "--engine", engine]
        words += ["--batch-sizes", "1,2", "--rounds", "1", "--repeats", "1", "--warmup", "0"]
        with suppress(BrokenPipeError):  # nobody waits for it
            os.write(begun, b".")
        code = command_line.main([*words, "--json"])
    finally:
        os._exit(code)


def _no_pages(*_: object) -> None:
    """Pages and pictures take longer than the sweep; they are written whole, as its other files are."""


def _redirect(errors: Path) -> None:
    descriptor = os.open(errors, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    os.dup2(descriptor, 2)
    nothing = os.open(os.devnull, os.O_RDWR)
    for end in (0, 1):
        os.dup2(nothing, end)


def _ended(process: int, errors: Path, expected: tuple[int, ...]) -> Ended:
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    return Ended(code, errors.read_text(), expected, _orphans())


def _orphans() -> list[str]:
    """Waits for all processes to end; those that do not are named, and ended."""
    deadline = time.monotonic() + _ORPHANS_S
    while True:
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if not ended:
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
    left = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    where = [Path(f"/proc/{one}/wchan").read_text() for one in left]
    for one in left:
        os.kill(int(one), signal.SIGKILL)
        os.waitpid(int(one), 0)
    return [f"processes left: {' '.join(left)}, waiting in {' '.join(where)}"]


@dataclass
class _Program:
    """What `subprocess.Popen` is to a sweep, of a program that was forked."""

    pid: int
    stdin: IO[bytes]
    stdout: IO[bytes]
    returncode: int | None = None

    def wait(self, _timeout: float | None = None) -> int:
        if self.returncode is None:
            _, status = os.waitpid(self.pid, 0)
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def _forked_program(
    module: str, *, variables: Mapping[str, str], errors: IO[bytes], own_group: bool
) -> Any:
    """Takes the place of `samprof.processes.start`: without starting Python and importing torch."""
    parent = os.getpid()
    requests, asking = os.pipe()
    answers, answering = os.pipe()
    process = os.fork()
    if process:
        os.close(requests)
        os.close(answering)
        return _Program(process, os.fdopen(asking, "wb"), os.fdopen(answers, "rb"))
    code = 1
    try:
        if own_group:
            os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        for place, descriptor in enumerate((requests, answering, errors.fileno())):
            os.dup2(descriptor, place)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for as long as the process runs
        os.environ |= {**variables, "SAMPROF_PARENT": str(parent)}
        importlib.import_module(module).main()
        code = 0
    finally:
        os._exit(code)
