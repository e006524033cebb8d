"""Child processes: starts a module of samprof as a program.

No file of the current directory runs in one: a folder of traces may hold a `json.py`.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

READERS = "SAMPROF_READERS"
"""Environment variable: 1 makes a process read its traces without child processes."""


def start(
    module: str,
    arguments: Sequence[str] = (),
    *,
    descriptors: Sequence[int] = (),
    variables: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts `python -m MODULE` with pipes to its input and output, and with our import path.

    Not through multiprocessing, which would run the user's own script again in the new process.

    Args:
        module: what to run.
        arguments: its arguments.
        descriptors: file descriptors that it inherits.
        variables: additional environment variables.

    Raises:
        OSError: it cannot be started.
    """
    return subprocess.Popen(
        python("-m", module, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(variables),
        pass_fds=tuple(descriptors),
    )


def python(*arguments: str) -> list[str]:
    """The command line of another Python that does not look for modules in the current directory."""
    return [sys.executable, "-P", *arguments]


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment variables for such a process: with our import path, and what it starts is as careful.

    Args:
        variables: additional ones.
    """
    paths = os.pathsep.join(_import_path())
    return {**os.environ, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1", **(variables or {})}


def _import_path() -> list[str]:
    """Where this process looks for modules, without the current directory, unless samprof lies there."""
    own, here = Path(__file__).resolve().parents[1], Path.cwd()
    found = [entry for entry in sys.path if entry and Path(entry).resolve() != here]
    return [str(own), *found] if own == here else found


def end(process: subprocess.Popen[bytes]) -> None:
    """Kills the process, closes its pipes and waits for it."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()


def can_start() -> bool:
    """Whether this Python can start another one."""
    return os.name == "posix" and bool(sys.executable) and not getattr(sys, "frozen", False)


def cores() -> int:
    """The number of cores that this process may use."""
    with suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
