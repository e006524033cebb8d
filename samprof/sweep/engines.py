"""Where points are measured: in this process, each in a process of its own, or on Ray."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import samprof.errors
from samprof.errors import MissingPackageError, RunError, SamprofError
from samprof.sweep.plan import Plan
from samprof.sweep.point import Point
from samprof.sweep.target import Recipe

if TYPE_CHECKING:
    from samprof.sweep.target import Target

Advance = Callable[[int], None]
_KILLED_FOR_MEMORY = -signal.SIGKILL if hasattr(signal, "SIGKILL") else None


@dataclass(frozen=True, slots=True)
class Job:
    """One point to measure.

    Attributes:
        plan: how.
        batch_size: which.
        out: the run directory.
        fresh: remove what an earlier sweep left there, once the target is there.
    """

    plan: Plan
    batch_size: int
    out: Path
    fresh: bool = False


class Engine(Protocol):
    """Measures points."""

    def measure(self, job: Job, advance: Advance) -> Point:
        """The measured point.

        Raises:
            SamprofError: the target cannot be made, or the run directory cannot be written.
        """
        ...


class ThisProcess:
    """Measures in this process.

    Args:
        make: the target; called for each point, since a point may change it for good.
    """

    def __init__(self, make: Callable[[], Target]) -> None:
        self._make = make

    def measure(self, job: Job, advance: Advance) -> Point:
        """See `Engine`."""
        from samprof.sweep.worker import carry

        return carry(job, self._make(), advance)


class Subprocess:
    """Measures each point in a fresh process.

    Nothing is warm, nothing is left over, and a process that the system kills for its memory is a
    point that did not fit.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe

    def measure(self, job: Job, advance: Advance) -> Point:
        """See `Engine`."""
        with tempfile.TemporaryDirectory(prefix="samprof-point-") as folder:
            request = Path(folder) / "request.json"
            answer = Path(folder) / "answer.json"
            request.write_text(json.dumps(request_of(self._recipe, job)))
            command = [sys.executable, "-m", "samprof.sweep.worker", str(request), str(answer)]
            with (Path(folder) / "stderr").open("w+") as errors:
                code = _run(command, errors, advance)
                errors.seek(0)
                last = _last_line(errors.read())
            if answer.is_file():
                return _opened(json.loads(answer.read_text()))
        if code == _KILLED_FOR_MEMORY:
            message = "the process was killed by the system, as it is when memory runs out"
            return Point(job.batch_size, job.plan.variant, "oom", message)
        message = f"the process ended with code {code}" + (f" ({last})" if last else "")
        return Point(job.batch_size, job.plan.variant, "failed", message)


class Ray:
    """Measures each point as a Ray task, one after the other, on whatever node has the device."""

    def __init__(self, recipe: Recipe, gpus: float) -> None:
        try:
            import ray
        except ImportError:
            raise MissingPackageError("sweep", "ray", "ray") from None
        self._ray = ray
        self._recipe = recipe
        self._gpus = gpus
        if not ray.is_initialized():
            ray.init(log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)

    def measure(self, job: Job, advance: Advance) -> Point:
        """See `Engine`. The run directory must be on a disk that the nodes share."""
        from samprof.sweep.worker import answer_to

        # max_calls=1: a fresh process a point, as with Subprocess.
        task = self._ray.remote(num_gpus=self._gpus, max_calls=1, max_retries=0)(answer_to)
        request = request_of(self._recipe, replace(job, out=job.out.resolve()))
        try:
            answer = self._ray.get(task.remote(request))
        except self._ray.exceptions.OutOfMemoryError as error:
            return Point(job.batch_size, job.plan.variant, "oom", _last_line(str(error)))
        except self._ray.exceptions.RayError as error:
            return Point(job.batch_size, job.plan.variant, "failed", _last_line(str(error)))
        advance(job.plan.forwards() // job.plan.processes)
        return _opened(answer)


def request_of(recipe: Recipe, job: Job) -> dict[str, Any]:
    """Everything a process needs to measure one point, as plain data."""
    return {
        "factory": recipe.factory,
        "arguments": dict(recipe.arguments),
        "plan": job.plan.as_dict(),
        "batch_size": job.batch_size,
        "out": str(job.out),
        "fresh": job.fresh,
    }


def _opened(answer: Mapping[str, Any]) -> Point:
    """The point in a worker's answer.

    Raises:
        SamprofError: the one that the worker answered with.
    """
    if "error" in answer:
        raise _error(**answer["error"])
    return Point.from_dict(answer["point"], "the worker's answer")


def _error(kind: str, operation: str, subject: str, cause: str, remedy: str) -> SamprofError:
    known = getattr(samprof.errors, kind, RunError)
    if known is MissingPackageError:
        known = RunError
    error: SamprofError = known(operation, subject, cause, remedy)
    return error


def _run(command: list[str], errors: Any, advance: Advance) -> int:
    """Runs the worker, passing on its progress; ends it when this process is interrupted."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    # A group of its own, so that Ctrl-C reaches this process alone, which then ends the worker.
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env=environment,
        start_new_session=True,
    ) as worker:
        try:
            assert worker.stdout is not None
            for line in worker.stdout:
                if line.strip() == "forward":
                    advance(1)
        except BaseException:
            with suppress(ProcessLookupError):
                worker.kill()
            raise
    return worker.returncode


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""
