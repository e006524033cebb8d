"""Why an input file or an annotation is skipped."""


class UnusableError(Exception):
    """Why a file or an annotation is skipped."""


def reason(error: Exception) -> str:
    """The first line of an exception's message, shortened."""
    text = error.strerror if isinstance(error, OSError) else None
    lines = (text or str(error)).splitlines()
    return lines[0][:100] if lines else type(error).__name__
