"""Child processes: starts a module of samprof as a program.

No file of the current directory runs in one: a folder of traces may hold a `json.py`.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

READERS = "SAMPROF_READERS"
"""Environment variable: 1 makes a process read its traces without child processes."""
_PARENT = "SAMPROF_PARENT"
"""Environment variable of a child process: the process that started it."""
_PR_SET_PDEATHSIG = 1


def start(
    module: str,
    arguments: Sequence[str] = (),
    *,
    descriptors: Sequence[int] = (),
    variables: Mapping[str, str] | None = None,
    errors: IO[bytes] | None = None,
    own_group: bool = False,
) -> subprocess.Popen[bytes]:
    """Starts `python -m MODULE` with pipes to its input and output, and with our import path.

    Not through multiprocessing, which would run the user's own script again in the new process.

    Args:
        module: what to run.
        arguments: its arguments.
        descriptors: file descriptors that it inherits.
        variables: additional environment variables.
        errors: the file that its stderr goes to; by default nowhere.
        own_group: whether it leads a group of its own, so that Ctrl-C reaches this process alone.

    Raises:
        OSError: it cannot be started.
    """
    return subprocess.Popen(
        python("-m", module, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if errors is None else errors,
        env=environment(variables),
        pass_fds=tuple(descriptors),
        start_new_session=own_group,
    )


def python(*arguments: str) -> list[str]:
    """The command line of another Python that does not look for modules in the current directory."""
    return [sys.executable, "-P", *arguments]


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment variables for such a process: with our import path, and what it starts is as careful.

    Args:
        variables: additional ones.
    """
    ours = {
        "PYTHONPATH": os.pathsep.join(_import_path()),
        "PYTHONSAFEPATH": "1",
        _PARENT: str(os.getpid()),
    }
    return {**os.environ, **ours, **(variables or {})}


def end_with_parent(parent: int | None = None, number: int = signal.SIGTERM) -> None:
    """On Linux the kernel ends this process by a signal once the one that started it is gone.

    Elsewhere nothing happens: there such a process ends when it next uses a pipe to its parent.

    Args:
        parent: the process that started it; by default the one that `environment` was made in.
        number: the signal; 0 for none from now on.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    started_by = int(os.environ.get(_PARENT, "0")) if parent is None else parent
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
    if number and started_by and os.getppid() != started_by:  # it was gone before
        os.kill(os.getpid(), number)


def _import_path() -> list[str]:
    """Where this process looks for modules, without the current directory, unless samprof lies there."""
    own, here = Path(__file__).resolve().parents[1], Path.cwd()
    found = [entry for entry in sys.path if entry and Path(entry).resolve() != here]
    return [str(own), *found] if own == here else found


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM have their effect only when the block has ended: it removes something."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is disturbed
        return
    came: list[int] = []
    before: dict[int, Any] = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            if callable(handler):  # else the signal is ignored, or ends the process without a word
                before[number] = handler
                signal.signal(number, lambda number, _frame: came.append(number))
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)
        for which in came[:1]:
            signal.raise_signal(which)


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
