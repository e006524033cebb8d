"""How a process ended: what the model did is a result, what others did is not."""

import errno
from pathlib import Path

import pytest

from samprof.sweeps.measure.ended import Ending, is_of_surroundings, sample_of
from samprof.sweeps.measure.job import Job
from samprof.sweeps.plan import Plan


@pytest.mark.parametrize(
    ("ending", "status", "message"),
    [
        (Ending(-9, "", 1), "oom", "the process was killed by the system: the memory ran out"),
        (Ending(-9, "", 0), "interrupted", "ended by SIGKILL, not by the system for its memory"),
        (Ending(-9, "", None), "interrupted", "the process was ended by SIGKILL"),
        (Ending(-15, "", 0), "interrupted", "the process was ended by SIGTERM"),
        (Ending(-15, "", 1), "interrupted", "the process was ended by SIGTERM"),
        (Ending(-11, "", 0), "failed", "the process crashed (SIGSEGV)"),
        (Ending(-6, "what(): std::bad_alloc", 0), "oom", "crashed (SIGABRT): what(): std::bad"),
        (Ending(1, "ImportError: no x", 0), "interrupted", "ended with code 1: ImportError: no x"),
        (Ending(1, "OSError: [Errno 12] Cannot allocate memory", 0), "oom", "ended with code 1"),
    ],
)
def test_endings_are_told_apart(ending: Ending, status: str, message: str) -> None:
    plan = Plan({}, sizes=(4,), variant="bf16")
    sample = sample_of(ending, Job(plan, 4, Path("run"), 2))
    assert (sample.size, sample.variant, sample.round) == (4, "bf16", 2)
    assert sample.status == status
    assert message in sample.message


def raised_from(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ModuleNotFoundError("No module named 'x'"), True),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EMFILE, "Too many open files"), True),
        (FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ..."), True),
        (raised_from(RuntimeError("not compiled"), OSError(errno.ENOSPC, "No space")), True),
        (FileNotFoundError(errno.ENOENT, "no such image"), False),
        (ValueError("bad shape"), False),
        (RuntimeError("out of range"), False),
    ],
)
def test_what_the_machine_lacks_is_not_the_models_doing(error: Exception, expected: bool) -> None:
    assert is_of_surroundings(error) is expected
