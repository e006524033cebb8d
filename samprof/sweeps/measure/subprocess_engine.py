"""Each sample in a fresh process, or as a Ray task."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from samprof.errors import MissingPackageError, RunError
from samprof.processes import environment, python
from samprof.sweeps.about import About
from samprof.sweeps.measure.allocators import environment_for
from samprof.sweeps.measure.engines import Advance, EngineContext
from samprof.sweeps.measure.job import Job, request_of, result_in
from samprof.sweeps.measure.worker import handle_request
from samprof.sweeps.run.sample import Sample
from samprof.sweeps.target import Recipe

_KILLED_FOR_MEMORY = -signal.SIGKILL if hasattr(signal, "SIGKILL") else None
KILLED = "the process was killed by the system, as it is when memory runs out"


class Subprocess(EngineContext):
    """Takes each sample in a fresh process.

    Nothing is warm, nothing is left over, and a process that the system kills for its memory is a
    sample that did not fit.

    Args:
        recipe: how to make the target.
        allocator: the memory allocator of the processes.
    """

    def __init__(self, recipe: Recipe, allocator: str = "system") -> None:
        self._recipe = recipe
        self._variables = environment_for(allocator)

    def about(self) -> About:
        """See `Engine`."""
        answer, why = self._run(request_of(self._recipe, None), lambda _: None)
        if answer is None:
            remedy = "see the message, and run the same command again"
            raise RunError("sweep", self._recipe.factory, why[1], remedy)
        result = result_in(answer)
        assert isinstance(result, About)
        return result

    def measure(self, job: Job, advance: Advance = lambda _: None) -> Sample:
        """See `Engine`."""
        answer, (status, message) = self._run(request_of(self._recipe, job), advance)
        if answer is None:
            return dead_sample(job, status, message)
        return sample_in(answer)

    def _run(
        self, asked: Mapping[str, Any], advance: Advance
    ) -> tuple[dict[str, Any] | None, tuple[int, str]]:
        """The worker's answer; None where it died, with its exit code and last words."""
        with tempfile.TemporaryDirectory(prefix="samprof-sample-") as folder:
            request, answer = Path(folder) / "request.json", Path(folder) / "answer.json"
            request.write_text(json.dumps(asked))
            worker = "samprof.sweeps.measure.worker"
            command = python("-m", worker, str(request), str(answer))
            with (Path(folder) / "stderr").open("w+") as errors:
                code = _run(command, errors, advance, self._variables)
                errors.seek(0)
                last = last_line(errors.read())
            if answer.is_file():
                return json.loads(answer.read_text()), (code, last)
        return None, (code, last)


class Ray(EngineContext):
    """Takes each sample as a Ray task, one after the other, on whatever node has the device.

    Args:
        recipe: how to make the target.
        gpus: how many each task needs.
    """

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

    def about(self) -> About:
        """See `Engine`."""
        try:
            result = result_in(self._ask(request_of(self._recipe, None)))
        except self._ray.exceptions.RayError as error:
            remedy = "see the message, and run the same command again"
            raise RunError("sweep", "ray", last_line(str(error)), remedy) from None
        assert isinstance(result, About)
        return result

    def measure(self, job: Job, advance: Advance = lambda _: None) -> Sample:
        """See `Engine`. The run directory must be on a disk that the nodes share."""
        request = request_of(self._recipe, replace(job, out=job.out.resolve()))
        try:
            answer = self._ask(request)
        except self._ray.exceptions.OutOfMemoryError as error:
            return dead_sample(job, _KILLED_FOR_MEMORY, last_line(str(error)))
        except self._ray.exceptions.RayError as error:
            return dead_sample(job, 1, last_line(str(error)))
        sample = sample_in(answer)
        advance(len(sample.warmup_ns) + len(sample.wall_ns) + len(sample.recorded_wall_ns))
        return sample

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        # max_calls=1: a fresh process per sample, as with Subprocess.
        task = self._ray.remote(num_gpus=self._gpus, max_calls=1, max_retries=0)(handle_request)
        answer: dict[str, Any] = self._ray.get(task.remote(request))
        return answer


def sample_in(answer: Mapping[str, Any]) -> Sample:
    """The sample in an answer.

    Raises:
        SamprofError: the one that was answered with.
    """
    result = result_in(answer)
    assert isinstance(result, Sample)
    return result


def dead_sample(job: Job, code: int | None, last: str) -> Sample:
    """The sample of a process that ended before it answered."""
    if code == _KILLED_FOR_MEMORY:
        return Sample(job.size, job.plan.variant, "oom", last or KILLED, round=job.round)
    message = f"the process ended with code {code}" + (f" ({last})" if last else "")
    return Sample(job.size, job.plan.variant, "failed", message, round=job.round)


def last_line(text: str) -> str:
    """The last line that says anything, cut to what fits into a message."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


def _run(command: list[str], errors: Any, advance: Advance, variables: Mapping[str, str]) -> int:
    """Runs the worker, passing on its progress; ends it when this process is interrupted."""
    # A group of its own, so that Ctrl-C reaches this process alone, which then ends the worker.
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env=environment({"PYTHONUNBUFFERED": "1", **variables}),
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
