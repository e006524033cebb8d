"""Child processes: starts a module of samprof as a program."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

READERS = "SAMPROF_READERS"
"""Environment variable: 1 makes a process read its traces without child processes."""


def start(
    module: str,
    arguments: Sequence[str] = (),
    *,
    descriptors: Sequence[int] = (),
    variables: dict[str, str] | None = None,
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
    paths = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": paths, **(variables or {})},
        pass_fds=tuple(descriptors),
    )


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
