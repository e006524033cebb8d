"""Each sample in a forked child of one process: for CPUs, where start-up would take most of the time."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, Self

from samprof.errors import RunError
from samprof.processes import environment, python
from samprof.sweeps.about import About
from samprof.sweeps.measure.allocators import environment_for
from samprof.sweeps.measure.engines import Advance
from samprof.sweeps.measure.job import Job, request_of, result_in
from samprof.sweeps.measure.subprocess_engine import dead_sample, last_line, sample_in
from samprof.sweeps.run.sample import Sample
from samprof.sweeps.target import Recipe

_SERVER = "samprof.sweeps.measure.fork_server"


class Forked:
    """Takes each sample in a forked child; see `samprof.sweeps.measure.fork_server`.

    Args:
        recipe: how to make the target, on a CPU.
        allocator: the memory allocator of the processes.
    """

    def __init__(self, recipe: Recipe, allocator: str = "system") -> None:
        self._recipe = recipe
        self._variables = environment_for(allocator)
        self._server: subprocess.Popen[str] | None = None
        self._errors: IO[bytes] | None = None
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
        if self._server is None or self._about is None:
            self._start()
        assert self._about is not None
        return self._about

    def measure(self, job: Job, advance: Advance = lambda _: None) -> Sample:
        """See `Engine`."""
        self.about()
        try:
            answer = self._ask({"job": request_of(self._recipe, job)["job"]}, advance)
        except BaseException:
            self._end()
            raise
        if "died" in answer:
            return dead_sample(job, answer["died"], answer["last"])
        return sample_in(answer)

    def _start(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by _end
        # A group of its own, so that Ctrl-C reaches this process alone, which then ends the server.
        self._server = subprocess.Popen(
            python("-m", _SERVER),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=environment(self._variables),
            start_new_session=True,
        )
        try:
            result = result_in(self._ask(request_of(self._recipe, None), lambda _: None))
        except BaseException:
            self._end()
            raise
        assert isinstance(result, About)
        self._about = result

    def _ask(self, request: dict[str, Any], advance: Advance) -> dict[str, Any]:
        server = self._server
        assert server is not None
        assert server.stdin is not None
        assert server.stdout is not None
        with suppress(BrokenPipeError):  # it ended: its last words say why
            server.stdin.write(json.dumps(request) + "\n")
            server.stdin.flush()
        for line in server.stdout:
            answer: dict[str, Any] = json.loads(line)
            if "forward" not in answer:
                return answer
            advance(answer["forward"])
        assert self._errors is not None
        self._errors.seek(0)
        why = last_line(self._errors.read().decode("utf-8", "replace")) or "it ended"
        remedy = "see the message; --engine subprocess starts a process per sample instead"
        raise RunError("sweep", self._recipe.factory, why, remedy)

    def _end(self) -> None:
        """Ends the server, and the child that it may have."""
        server, self._server, self._about = self._server, None, None
        if server is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(server.pid, 9)
        for pipe in (server.stdin, server.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        server.wait()
        if self._errors is not None:
            self._errors.close()
