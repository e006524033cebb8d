"""What the system refuses (memory, open files, disk) as one line, as every other error is."""

import errno

from samprof.errors import SamprofError

SYSTEM_FAILURES = (OSError, MemoryError, ImportError)
_MEMORY = "allow more memory (ulimit -v), or give a smaller input"
_FILES = "allow more open files (ulimit -n)"
_SPACE = "free space on the disk, or choose another directory"
_IMPORT = f"{_FILES} and memory (ulimit -v), or install samprof again"
_REMEDIES = {
    errno.ENOMEM: _MEMORY,
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EFBIG: _SPACE,
}


def failure(operation: str, error: Exception) -> SamprofError:
    """The failure as an error of samprof.

    Args:
        operation: the command that ran.
        error: one of `SYSTEM_FAILURES`.

    Example:
        >>> print(failure("layers", MemoryError()))
        layers: this process: not enough memory; allow more memory (ulimit -v), or give a smaller input
    """
    if isinstance(error, MemoryError):
        return SamprofError(operation, "this process", "not enough memory", _MEMORY)
    if isinstance(error, OSError):
        remedy = _REMEDIES.get(error.errno or 0, "check its permissions and the disk")
        cause = error.strerror or str(error)
        return SamprofError(operation, error.filename or "this process", cause, remedy)
    reason = str(error).strip().rpartition("\n")[2]  # numpy's begins with a page of advice
    return SamprofError(operation, "this process", f"an import failed ({reason})", _IMPORT)
