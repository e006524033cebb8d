"""The command line as a program: `samprof`, or `python -m samprof` where that is not on the path.

Ctrl-C ends it with one line at any time, also while modules are still being imported.
"""

import os
import signal
import sys

_INTERRUPTED = 130


def program() -> int:
    """Runs the command line; returns the exit code. For a whole process: it changes how Ctrl-C acts."""
    signal.signal(signal.SIGINT, _leave)
    from samprof.cli.interrupts import forget_interrupt, watch_interrupts
    from samprof.cli.main import main

    watch_interrupts()
    code = main()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all that is left is to exit
    forget_interrupt()
    return code


def _leave(*_: object) -> None:
    """Ends the process at once: nothing has been opened or started yet."""
    os.write(2, b"samprof: interrupted\n")
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(program())
