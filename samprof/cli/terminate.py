"""SIGTERM ends a command as Ctrl-C does: what it started ends, what it put aside is removed."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType


class Terminated(BaseException):
    """Somebody asked this process to end; a BaseException, as KeyboardInterrupt is one."""


@contextmanager
def heeding_sigterm() -> Iterator[None]:
    """Raises `Terminated` in the block on SIGTERM; not where the program heeds it in its own way.

    A second SIGTERM while the block ends is passed over: what is being removed is removed. What is
    forked in the block (HTA's workers) ends by the signal at once, as it would outside of it.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, partial(_terminate, os.getpid()))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(owner: int, number: int, _frame: FrameType | None) -> None:
    if os.getpid() != owner:  # an exception may get lost there, as while Python is still forking
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    signal.signal(number, signal.SIG_IGN)
    raise Terminated
