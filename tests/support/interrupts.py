"""Processes that a test can interrupt."""

import signal


def heed_interrupts() -> None:
    """For `preexec_fn`: what a shell runs in the background ignores Ctrl-C, its children too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
