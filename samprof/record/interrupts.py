"""What must be complete although Ctrl-C may come at any moment."""

from collections.abc import Callable


def complete(step: Callable[[], object]) -> None:
    """Takes a step that may be taken twice; what interrupts it comes through once it is complete.

    Args:
        step: where it was interrupted, taking it again does the rest; where it was not, nothing.

    Example:
        >>> complete(lambda: None)
    """
    try:
        step()
    except KeyboardInterrupt:
        complete(step)  # as often as it takes: a person may press the keys several times
        raise
    except BaseException:
        step()
        raise
