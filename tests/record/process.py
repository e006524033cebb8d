"""Programs that may crash the interpreter, or change its limits, run in one of their own."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from tests.support.paths import ROOT

# Imports once what every program needs, and forks for each: torch takes seconds to import, and
# torch.profiler takes as long for torch._dynamo when it starts.
_SERVER = """
import faulthandler, json, os, signal, sys, traceback
import pandas, torch._dynamo, samprof.record.recording, samprof.sam.model.roles
faulthandler.enable()
for line in sys.stdin:
    folder, program, arguments = json.loads(line)
    child = os.fork()
    if child == 0:
        signal.alarm(100)
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT), number)
        sys.argv = ["-c", *arguments]
        status = 1
        try:
            exec(program, {"__name__": "__main__"})
            status = 0
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Programs:
    """Runs Python programs, each in a process of its own; to be used as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0

    def __enter__(self) -> "Programs":
        self._server = subprocess.Popen(
            [sys.executable, "-c", _SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.communicate()

    def run(self, program: str, *arguments: object) -> list[str]:
        """The lines that the program printed; it must end well."""
        self._number += 1
        folder = self._folder / str(self._number)
        folder.mkdir()
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        request = [str(folder), program, [str(argument) for argument in arguments]]
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        status = int(self._server.stdout.readline())
        assert status == 0, (folder / "err").read_text()
        return (folder / "out").read_text().splitlines()
