"""What a process that ended without an answer says of its point: only the model's doing is a result."""

from __future__ import annotations

import errno
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from samprof.errors import RunError
from samprof.sweeps.measure.job import Job, sample_in
from samprof.sweeps.run.stored.sample import Sample, Status
from samprof.sweeps.target import Recipe

_OUT_OF_MEMORY = (
    *("out of memory", "can't allocate memory", "cannot allocate memory"),
    *("std::bad_alloc", "memoryerror"),
)
_OUT_OF_MEMORY_STATUS = ("ALLOC_FAILED", "ALLOCATION_FAILED")
"""Ends of the status that cuBLAS, cuDNN, cuSOLVER and cuFFT give for it, such as
CUBLAS_STATUS_ALLOC_FAILED and, since cuDNN 9, CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED."""
_CRASHES = ("SIGSEGV", "SIGABRT", "SIGFPE", "SIGILL")
"""Signals that a program brings upon itself."""
_SURROUNDINGS = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO),
    *(errno.EMFILE, errno.ENFILE, errno.EAGAIN),
)
KILLED_FOR_MEMORY = "the process was killed by the system: the memory ran out"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended that gave no answer.

    Attributes:
        code: its exit code; -9 for signal 9.
        last: the last line that it wrote to stderr.
        oom_kills: how many processes the kernel killed for memory meanwhile; None where not known.
    """

    code: int
    last: str = ""
    oom_kills: int | None = None

    @property
    def status(self) -> Status:
        """What the point is: oom or failed by the model's own doing, else interrupted."""
        name = self._signal
        if name == "SIGKILL":
            return "oom" if self.oom_kills else "interrupted"
        if says_out_of_memory(self.last):
            return "oom"
        return "failed" if name in _CRASHES else "interrupted"

    @property
    def message(self) -> str:
        """What happened, in a line."""
        name = self._signal
        if name == "SIGKILL" and self.oom_kills:
            return self.last or KILLED_FOR_MEMORY
        how = f"ended with code {self.code}"
        if name:
            how = f"crashed ({name})" if name in _CRASHES else f"was ended by {name}"
        if name == "SIGKILL" and self.oom_kills == 0:
            how += ", not by the system for its memory"
        return f"the process {how}" + (f": {self.last}" if self.last else "")

    @property
    def _signal(self) -> str:
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return ""


def sample_of(answer: Mapping[str, Any] | Ending, job: Job) -> Sample:
    """The sample in an answer, or that of a process that ended before it answered.

    Raises:
        SamprofError: the one that was answered with.
    """
    if isinstance(answer, Ending):
        variant, message = job.plan.variant, answer.message
        return Sample(job.size, variant, answer.status, message, round=job.round)
    return sample_in(answer)


def not_started(recipe: Recipe, ending: Ending) -> RunError:
    """The error of a process that ended before it told what it would measure."""
    remedy = "see the message, and run the same command again"
    return RunError("sweep", recipe.factory, ending.message, remedy)


def says_out_of_memory(text: str) -> bool:
    """Whether a message says that the memory of the host or a device was not enough.

    Example:
        >>> says_out_of_memory("CUDA out of memory. Tried to allocate 2 GiB")
        True
    """
    lower = text.lower()
    said = any(words in lower for words in _OUT_OF_MEMORY)
    return said or any(status in text for status in _OUT_OF_MEMORY_STATUS)


def is_of_surroundings(error: BaseException) -> bool:
    """Whether an exception tells of the machine or the installation, not of the model.

    A package that is missing, no space left, too many files open: what is asked is fine, and works
    once that is mended.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ImportError):
            return True
        if isinstance(seen, OSError) and (
            seen.errno in _SURROUNDINGS or "temporary directory" in str(seen)
        ):
            return True
        seen = seen.__cause__
    return False


def last_line(text: str) -> str:
    """The last line that says anything, cut to what fits into a message."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""
