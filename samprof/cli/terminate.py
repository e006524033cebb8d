"""SIGTERM ends a command as Ctrl-C does: what it started ends, what it put aside is removed."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(BaseException):
    """Somebody asked this process to end; a BaseException, as KeyboardInterrupt is one."""


@contextmanager
def heeding_sigterm() -> Iterator[None]:
    """Raises `Terminated` in the block on SIGTERM; not where the program heeds it in its own way.

    A second SIGTERM while the block ends is passed over: what is being removed is removed.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated
