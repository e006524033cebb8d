"""Each sample in a fresh process, or as a Ray task."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

from samprof.errors import MissingPackageError, RunError, first_line
from samprof.sweeps.about import About
from samprof.sweeps.measure.ended import Ending, last_line, not_started, sample_of
from samprof.sweeps.measure.engines import Advance, EngineContext
from samprof.sweeps.measure.job import Job, about_in, request_of, sample_in
from samprof.sweeps.measure.machine.allocators import environment_for
from samprof.sweeps.measure.processes.helper import Helper, Request
from samprof.sweeps.measure.processes.worker import handle_request
from samprof.sweeps.run.stored.sample import Sample, Status
from samprof.sweeps.target import Recipe

_LONGEST_LOOK_S = 3.0
"""A node that was started just now may take so long to tell what it has."""
_WORKER = "samprof.sweeps.measure.processes.worker"


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
        answer = self._ask(request_of(self._recipe, None))
        if isinstance(answer, Ending):
            raise not_started(self._recipe, answer)
        return about_in(answer)

    def measure(self, job: Job, advance: Advance = lambda _: None) -> Sample:
        """See `Engine`."""
        return sample_of(self._ask(request_of(self._recipe, job), advance), job)

    def _ask(self, request: Request, advance: Advance = lambda _: None) -> dict[str, Any] | Ending:
        with Helper(_WORKER, self._variables) as worker:
            return worker.ask(request, advance)


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
            _start(ray)

    def __enter__(self) -> Self:
        self._look_for_node()
        return self

    def _look_for_node(self) -> None:
        """Waits shortly for a node that has what a task needs: without one, a task waits for ever.

        Raises:
            RunError: there is none.
        """
        end = time.monotonic() + _LONGEST_LOOK_S
        ray: Any = self._ray
        while not any(self._has_enough(node) for node in ray.nodes()):
            if time.monotonic() > end:
                wanted = f"{self._gpus:g} GPU" if self._gpus else "a CPU"
                cause = f"no node of the Ray cluster has {wanted}"
                remedy = "add one, or give --device cpu or another --engine"
                raise RunError("sweep", "ray", cause, remedy)
            time.sleep(0.2)

    def _has_enough(self, node: Mapping[str, Any]) -> bool:
        held = node.get("Resources", {})
        enough = held.get("CPU", 0) >= 1 and held.get("GPU", 0) >= self._gpus
        return bool(node.get("Alive") and enough)

    def about(self) -> About:
        """See `Engine`."""
        try:
            return about_in(self._ask(request_of(self._recipe, None)))
        except self._ray.exceptions.RayError as error:
            remedy = "see the message, and run the same command again"
            raise RunError("sweep", "ray", last_line(str(error)), remedy) from None

    def measure(self, job: Job, advance: Advance = lambda _: None) -> Sample:
        """See `Engine`. The run directory must be on a disk that the nodes share."""
        request = request_of(self._recipe, replace(job, out=job.out.resolve()))
        try:
            answer = self._ask(request)
        except self._ray.exceptions.OutOfMemoryError as error:
            return _ended(job, "oom", error)
        except self._ray.exceptions.RayError as error:  # what the model raises is in the answer
            return _ended(job, "interrupted", error)
        sample = sample_in(answer)
        advance(len(sample.warmup_ns) + len(sample.wall_ns) + len(sample.recorded_wall_ns))
        return sample

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        # max_calls=1: a fresh process per sample, as with Subprocess.
        task = self._ray.remote(num_gpus=self._gpus, max_calls=1, max_retries=0)(handle_request)
        answer: dict[str, Any] = self._ray.get(task.remote(request))
        return answer


def _start(ray: Any) -> None:
    """Starts Ray on this machine, or connects to the cluster that it finds.

    Raises:
        RunError: it does not start.
    """
    try:
        ray.init(log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)
    except Exception as error:  # whatever Ray raises on a machine that cannot run it
        remedy = "run the same command again, or give another --engine"
        raise RunError("sweep", "ray", f"it did not start ({first_line(error)})", remedy) from None


def _ended(job: Job, status: Status, error: Exception) -> Sample:
    message = last_line(str(error))
    return Sample(job.size, job.plan.variant, status, message, round=job.round)
