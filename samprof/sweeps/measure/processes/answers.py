"""The side of a program that takes samples: it answers on stdout, and ends with whoever asks.

Requests come on stdin and answers go to stdout, a line of JSON each. What the model reads is empty, and
what it prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from samprof.files import SCRATCH

_ANSWERS = 63
"""Descriptor of the answers: a number that nothing else takes by itself."""


def keep_stdout_for_answers() -> None:
    """What the model prints goes to stderr: stdout speaks JSON."""
    os.dup2(1, _ANSWERS, inheritable=False)
    os.dup2(2, 1)


def say(answer: dict[str, Any]) -> None:
    """Writes a line of an answer."""
    _write(json.dumps(answer).encode() + b"\n")


def say_forwards(forwards: int) -> None:
    """Tells how many forwards were done since it was last told."""
    say({"forward": forwards})


def say_died(code: int, last: str, job: int) -> None:
    """Tells that a process ended with this exit code and these last words instead of an answer.

    Args:
        code: the exit code.
        last: the last words.
        job: the number of its job.
    """
    _write(b"\n")  # it may have begun a line
    say({"died": code, "last": last, "job": job})


@contextmanager
def scratch(name: str = "") -> Iterator[Path]:
    """The folder of this process's temporary folders, there while the block runs.

    Args:
        name: of one inside it that is this process's alone; empty where no other process shares it.

    Raises:
        OSError: it cannot be created.
    """
    folder = Path(os.environ[SCRATCH])
    try:
        folder.mkdir(mode=0o700, exist_ok=bool(name))
        if name:
            folder = folder / name
            os.environ[SCRATCH] = str(folder)
            folder.mkdir(mode=0o700)
        yield folder
    finally:
        remove_scratch()


def remove_scratch() -> None:
    """Removes that folder, where it is left."""
    shutil.rmtree(os.environ[SCRATCH], ignore_errors=True)


def empty_stdin() -> None:
    """What the model reads from stdin is empty from now on."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def end_group() -> None:
    """Ends this process and all that it started, which are in its group."""
    os.killpg(0, signal.SIGKILL)


def _write(data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(_ANSWERS, left) :]
