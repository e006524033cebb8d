"""The fields that the events of a Kineto trace share."""

PID = 1102
DEVICE_PID, AUTOGRAD_TID = 0, 100
TIME = "%d.%03d"
"""Microseconds with three decimals."""


def thread_id(thread: int, *, backward: bool) -> int:
    """The thread id of a thread, or of the autograd thread that belongs to it."""
    return PID + thread + (AUTOGRAD_TID if backward else 0)


def named(name: str, pid: int, tid: int) -> str:
    """The fields name, pid and tid."""
    return f'"name": "{escaped(name)}", "pid": {pid}, "tid": {tid}'


def escaped(text: str) -> str:
    """The text with `%` doubled, so that formatting leaves it as it is."""
    return text.replace("%", "%%")


def flow_event(phase: str, pid: int, tid: int, rest: str) -> str:
    """One end of a flow event; the places in it are its id and its time."""
    return f'    "ph": "{phase}", "id": %d, "pid": {pid}, "tid": {tid}, "ts": {TIME},\n    {rest}'


def time_text(ns: int) -> str:
    """A time as Kineto writes it.

    Example:
        >>> time_text(1234567)
        '1234.567'
    """
    return TIME % divmod(ns, 1000)
