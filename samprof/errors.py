"""samprof's errors: each says operation, input, cause and remedy in a single line."""

import textwrap

from samprof.printable import printable

_LONGEST = 200


class SamprofError(Exception):
    """What samprof could not do, with which input, why, and what to do about it.

    Example:
        >>> print(SamprofError("load", "run.json", "no such file", "check the path"))
        load: run.json: no such file; check the path
    """

    def __init__(self, operation: str, subject: object, cause: str, remedy: str) -> None:
        self.operation = operation
        self.subject = str(subject)
        self.cause = cause
        self.remedy = remedy
        message = f"{operation}: {subject}: {cause}; {remedy}"
        super().__init__(printable(" ".join(message.split())))

    def __reduce__(self) -> tuple[object, ...]:
        """Lets the error travel between processes whole, whatever its constructor takes."""
        parts = (self.operation, self.subject, self.cause, self.remedy)
        return _remade, (type(self), parts)


def first_line(error: BaseException) -> str:
    r"""The first line of an exception's message, cut between words where it is long; else its type.

    Example:
        >>> first_line(ValueError("two words\nand more")), first_line(KeyError())
        ('two words', 'KeyError')
    """
    lines = str(error).strip().splitlines()
    return (
        textwrap.shorten(lines[0], _LONGEST, placeholder=" ...") if lines else type(error).__name__
    )


def _remade(kind: type[SamprofError], parts: tuple[str, str, str, str]) -> SamprofError:
    error = kind.__new__(kind)
    SamprofError.__init__(error, *parts)
    return error


class TraceError(SamprofError):
    """A trace cannot be read, or does not hold what was asked for."""


class RecordingError(SamprofError):
    """A recording cannot start, or is not finished."""


class ModelError(SamprofError):
    """A model, checkpoint or device is not available."""


class RunError(SamprofError):
    """A run directory cannot be used, or a sweep cannot go on."""


class UsageError(SamprofError):
    """An argument is not valid."""


class MissingPackageError(SamprofError):
    """An optional package is not installed; the remedy is the command that installs it."""

    def __init__(self, operation: str, package: str, extra: str) -> None:
        remedy = f"install it with: pip install 'samprof[{extra}]'"
        super().__init__(operation, package, "not installed", remedy)
