"""Further Python processes: how a module of samprof is started as a program."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

READERS = "SAMPROF_READERS"
"""Environment variable: 1 keeps the reading of a trace in one process."""


def start(
    module: str,
    arguments: Sequence[str] = (),
    *,
    descriptors: Sequence[int] = (),
    variables: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts `python -m MODULE`, with pipes to its input and from its output, and our import path.

    Not multiprocessing: that would run the user's own script again in the new process.

    Args:
        module: what to run.
        arguments: its arguments.
        descriptors: files that it inherits.
        variables: further environment variables.

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
    """Ends the process, whatever it does."""
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
    """How many cores this process may use."""
    with suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
