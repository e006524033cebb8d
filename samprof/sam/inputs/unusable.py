"""Why an input file or an annotation is skipped."""

from samprof.errors import first_line


class UnusableError(Exception):
    """Why a file or an annotation is skipped."""


def reason(error: Exception) -> str:
    """What the system says of a file, or the first line of an exception's message."""
    return (error.strerror if isinstance(error, OSError) else None) or first_line(error)
