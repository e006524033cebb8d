"""Run directories that are made at once, from what is there already: traces, numbers, shapes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from samprof.errors import RunError
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.stored.directory import RunDirectory


@contextmanager
def made_anew(directory: RunDirectory, plan: Plan, operation: str) -> Iterator[None]:
    """Holds the directory while the block fills it: if it holds nothing, or an earlier run of the plan.

    Args:
        directory: of the run.
        plan: what is asked.
        operation: what errors of the directory name.

    Raises:
        RunError: it holds something else, or cannot be written.
    """
    try:
        with directory.opened(plan, fresh=False):
            yield
    except RunError as error:
        if error.operation == operation:
            raise
        cause, remedy = error.cause, "choose another directory"
        raise RunError(operation, directory.root, cause, remedy) from None
