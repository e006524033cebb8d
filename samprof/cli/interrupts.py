"""Ctrl-C, wherever it falls: an import may turn it into another error, a callback may swallow it."""

import os
import signal
import sys
import threading

_AGAIN_SECONDS = 0.01
_seen = threading.Event()


def watch_interrupts() -> None:
    """Makes Ctrl-C an interrupt that is remembered, and that no callback swallows, in this process."""
    signal.signal(signal.SIGINT, _interrupt)
    sys.unraisablehook = _unraisable


def was_interrupted() -> bool:
    """Whether Ctrl-C was pressed: then an error is but its consequence."""
    return _seen.is_set()


def forget_interrupt() -> None:
    """Makes Python exit with the code that it is given, although it was interrupted.

    `python -m samprof` would otherwise end by SIGINT, and only sometimes: CPython notes an interrupt
    that passes through `exec` of a string, as where a dataclass is made, and forgets it at the next one.
    """
    exec("")


def _interrupt(*_: object) -> None:
    _seen.set()
    raise KeyboardInterrupt


def _unraisable(ignored: "sys.UnraisableHookArgs") -> None:
    """Interrupts again, once the callback that could not be left is over."""
    if issubclass(ignored.exc_type, KeyboardInterrupt):
        threading.Timer(_AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(ignored)
