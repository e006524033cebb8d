"""A program that takes samples for this process: started, asked, ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from samprof.errors import RunError
from samprof.files import SCRATCH
from samprof.processes import start, undisturbed
from samprof.sweeps.measure.ended import Ending, last_line
from samprof.sweeps.measure.engines import Advance
from samprof.sweeps.measure.memory_events import oom_kills

Request = Mapping[str, Any]
_ENDING_S = 10.0
FREE_SPACE = "free space in the temporary directory, or set TMPDIR"


class Helper:
    """A program that answers requests, a line of JSON each; see `samprof.sweeps.measure.answers`.

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
        before = oom_kills()
        with suppress(BrokenPipeError):  # it has ended: there will be no answer
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        answer = self._answer(advance)
        if answer is None:
            self.has_ended = True
        elif "died" not in answer:
            return answer
        now = oom_kills()
        kills = None if before is None or now is None else now - before
        if answer is None:
            return Ending(self._exit_code(), self._last_line(), kills)
        return Ending(answer["died"], answer["last"], kills)

    def _answer(self, advance: Advance) -> dict[str, Any] | None:
        """The next answer; None where the program has ended."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                answer: dict[str, Any] = json.loads(line)
            except ValueError:  # a process was killed while it wrote the line
                continue
            if "forward" not in answer:
                return answer
            advance(answer["forward"])
        return None

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
