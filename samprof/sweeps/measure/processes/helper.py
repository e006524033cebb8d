"""A program that takes samples for this process: started, asked, ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from samprof.errors import RunError
from samprof.files import SCRATCH
from samprof.processes import start, undisturbed
from samprof.sweeps.measure.ended import Ending, last_line
from samprof.sweeps.measure.engines import Advance
from samprof.sweeps.measure.machine.memory_events import oom_kills

Request = Mapping[str, Any]
AdvanceNumbered = Callable[[int, int], None]
"""Told the number of a job and of the forwards done for it since it was last told."""
_ENDING_S = 10.0
FREE_SPACE = "free space in the temporary directory, or set TMPDIR"


class Helper:
    """A program that answers requests, a line of JSON each; see `answers`, beside this.

    It ends with this process however that ends, and its temporary folders go with it.

    Args:
        module: the program.
        variables: additional environment variables.

    Attributes:
        has_ended: whether it ended by itself.

    Raises:
        RunError: the temporary directory cannot be used, or no process can be started.
    """

    def __init__(self, module: str, variables: Mapping[str, str]) -> None:
        self.has_ended = False
        try:
            self._folder = Path(tempfile.gettempdir()) / f"samprof-{uuid.uuid4().hex[:12]}"
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
            self._process = start(
                module,
                variables={**variables, SCRATCH: str(self._folder)},
                errors=self._errors,
                own_group=True,
            )
        except OSError as error:
            cause = error.strerror or str(error)
            raise RunError("sweep", "a process to measure in", cause, FREE_SPACE) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()

    def ask(self, request: Request, advance: Advance = lambda _: None) -> dict[str, Any] | Ending:
        """The answer to a request, or how the process ended that was to give it."""
        (answer,), _ = self.ask_all(request, 1, lambda _, forwards: advance(forwards))
        return answer

    def ask_all(
        self, request: Request, jobs: int, advance: AdvanceNumbered = lambda _, __: None
    ) -> tuple[list[dict[str, Any] | Ending], float]:
        """The answers to a request of several jobs.

        Args:
            request: what is asked.
            jobs: how many it has.
            advance: told the number of a job and of the forwards done for it.

        Returns:
            For each job its answer, or how the process ended that was to give it; and the CPU seconds
            that the program itself took, 0 where it does not tell.
        """
        kills = oom_kills()
        with suppress(BrokenPipeError):  # it has ended: there will be no answer
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        found: dict[int, dict[str, Any] | Ending] = {}
        for answer in self._answers():
            if "served" in answer:
                return [found[number] for number in range(jobs)], answer["served"]
            if "job" not in answer and "forward" not in answer:  # of a program that serves one only
                return [answer] * jobs, 0.0
            number = answer.pop("job", 0)
            if "forward" in answer:
                advance(number, answer["forward"])
            elif "died" in answer:
                killed, kills = _more(kills, oom_kills())
                found[number] = Ending(answer["died"], answer["last"], killed)
            else:
                found[number] = answer
        self.has_ended = True
        killed, _ = _more(kills, oom_kills())
        ended = Ending(self._exit_code(), self._last_line(), killed)
        return [found.get(number, ended) for number in range(jobs)], 0.0

    def _answers(self) -> Iterator[dict[str, Any]]:
        """The answers as they come, until the program has ended."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with suppress(ValueError):  # a process was killed while it wrote the line
                yield json.loads(line)

    def _exit_code(self) -> int:
        try:
            return self._process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:  # it closed its output, and is of no use
            return 1

    def _last_line(self) -> str:
        self._errors.seek(0)
        return last_line(self._errors.read().decode("utf-8", "replace"))

    def end(self) -> None:
        """Ends the program with all that it started, and removes their temporary folders."""
        with undisturbed():  # killed, it removes nothing itself
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            self._process.wait()
            self._errors.close()
            shutil.rmtree(self._folder, ignore_errors=True)


def _more(before: int | None, now: int | None) -> tuple[int | None, int | None]:
    """How many have been added, and the count from which to go on; None where it is not known."""
    return None if before is None or now is None else now - before, now
