"""Each sample in a forked child of one process: for CPUs, where start-up would take most of the time.

The children of one round take turns; see `samprof.sweeps.measure.turns`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from samprof.sweeps.about import About
from samprof.sweeps.measure.ended import Ending, not_started, sample_of
from samprof.sweeps.measure.engines import Advance, AdvanceOf
from samprof.sweeps.measure.job import Job, about_in, request_of
from samprof.sweeps.measure.machine.allocators import environment_for
from samprof.sweeps.measure.processes.helper import AdvanceNumbered, Helper, Request
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.target import Recipe

_SERVER = "samprof.sweeps.measure.processes.fork_server"


class Forked:
    """Takes each sample in a forked child; see `samprof.sweeps.measure.processes.fork_server`.

    Args:
        recipe: how to make the target, on a CPU.
        allocator: the memory allocator of the processes.
    """

    def __init__(self, recipe: Recipe, allocator: str = "system") -> None:
        self._recipe = recipe
        self._variables = environment_for(allocator)
        self._server: Helper | None = None
        self._about: About | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def about(self) -> About:
        """See `Engine`."""
        ending = self._start()
        if ending is not None:
            raise not_started(self._recipe, ending)
        assert self._about is not None
        return self._about

    def measure(self, job: Job, advance: Advance = lambda _: None) -> Sample:
        """See `Engine`."""
        (sample,) = self.measure_together([job], lambda _, forwards: advance(forwards))
        return sample

    def measure_together(
        self, jobs: Sequence[Job], advance: AdvanceOf = lambda _, __: None
    ) -> list[Sample]:
        """See `Engine`."""
        ending = self._start()
        if ending is not None:
            return [sample_of(ending, job) for job in jobs]
        request = {"jobs": [request_of(self._recipe, job)["job"] for job in jobs]}
        answers, served_s = self._ask(
            request, len(jobs), lambda number, forwards: advance(jobs[number], forwards)
        )
        samples = [sample_of(one, job) for one, job in zip(answers, jobs, strict=True)]
        return [replace(one, cpu_s=one.cpu_s + served_s / len(jobs)) for one in samples]

    def _start(self) -> Ending | None:
        """Starts the server, unless it runs; what it measures, or how it ended instead."""
        if self._server is not None:
            return None
        self._server = Helper(_SERVER, self._variables)
        (answer,), _ = self._ask(request_of(self._recipe, None), 1)
        if isinstance(answer, Ending):
            self._end()
            return answer
        self._about = about_in(answer)
        return None

    def _ask(
        self, request: Request, jobs: int, advance: AdvanceNumbered = lambda _, __: None
    ) -> tuple[list[dict[str, Any] | Ending], float]:
        assert self._server is not None
        answers = self._server.ask_all(request, jobs, advance)
        if self._server.has_ended:
            self._end()  # another one takes the next sample
        return answers

    def _end(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.end()
