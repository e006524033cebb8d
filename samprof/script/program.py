"""A script or a module, run in this process as `python` would run it."""

from __future__ import annotations

import builtins
import importlib.util
import io
import runpy
import sys
import threading
import zipfile
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

from samprof.errors import UsageError
from samprof.script.failure import FAILED, exit_code_of, show_failure

MAIN = "__main__"
INTERRUPTED = 130


@dataclass(frozen=True)
class Program:
    """What is run.

    Attributes:
        name: the path of a script, of a directory or zip file with a `__main__.py`, or the name of a
            module.
        arguments: what the program finds in `sys.argv` behind its own name.
        is_module: whether it is a module, as in `python -m`.
    """

    name: str
    arguments: tuple[str, ...] = ()
    is_module: bool = False

    @property
    def stem(self) -> str:
        """A short name for what it leaves behind."""
        return self.name if self.is_module else Path(self.name).resolve().stem

    def run(self) -> int:
        """Runs it to its end, that of its threads included; returns its exit code.

        The process is the program's from then on: `sys.argv`, `sys.path` and, of a script, the module
        `__main__` stay as they are for what runs when the interpreter ends.

        An exception that it does not catch is shown with the program's own traceback, and the exit
        code is 1. `os._exit` and signals that Python does not handle end the process, as always.

        Raises:
            UsageError: there is no such script or module.
        """
        self._become_main()
        self._check()
        try:
            self._execute()
            code = 0
        except SystemExit as ending:
            code = exit_code_of(ending)
        except KeyboardInterrupt as error:
            show_failure(error)
            code = INTERRUPTED
        except BaseException as error:
            show_failure(error)
            code = FAILED
        _wait_for_threads()
        return code

    def _become_main(self) -> None:
        """Sets `sys.argv` and `sys.path`."""
        sys.argv = ["-m" if self.is_module else self.name, *self.arguments]
        if not sys.flags.safe_path:
            sys.path[:1] = self._folder()

    def _folder(self) -> list[str]:
        """What Python puts in front of `sys.path`; runpy adds a directory or zip file itself."""
        if self.is_module:
            return [str(Path.cwd())]
        return [str(Path(self.name).resolve().parent)] if self._is_source() else []

    def _is_source(self) -> bool:
        """Whether it is a source file: neither a directory, nor a zip file, nor compiled code."""
        path = Path(self.name)
        return path.is_file() and path.suffix != ".pyc" and not zipfile.is_zipfile(path)

    def _check(self) -> None:
        if not self.is_module:
            if not Path(self.name).exists():
                raise UsageError("run", self.name, "no such script", "check the path")
            return
        try:
            found = importlib.util.find_spec(self.name) is not None
        except (ImportError, ValueError, AttributeError):
            found = False
        if not found:
            remedy = "check its name, and the folder that you run it in"
            raise UsageError("run", f"-m {self.name}", "no such module", remedy)

    def _execute(self) -> None:
        if self.is_module:
            runpy.run_module(self.name, run_name=MAIN, alter_sys=True)
        elif self._is_source():
            _run_source(Path(self.name).absolute())
        else:
            runpy.run_path(self.name, run_name=MAIN)


def _run_source(path: Path) -> None:
    """Runs a source file as the module `__main__`, which stays there, unlike with `runpy.run_path`."""
    main = ModuleType(MAIN)
    vars(main).update(
        __builtins__=builtins,
        __cached__=None,
        __file__=str(path),
        __loader__=SourceFileLoader(MAIN, str(path)),
    )
    sys.modules[MAIN] = main
    with io.open_code(str(path)) as file:
        code = compile(file.read(), str(path), "exec", dont_inherit=True)
    exec(code, vars(main))


def _wait_for_threads() -> None:
    """Waits for the threads that the interpreter would wait for before it ends.

    Not for those of a pool: they end when the interpreter tells them, which comes later.
    """
    while True:
        pools = getattr(sys.modules.get("concurrent.futures.thread"), "_threads_queues", {})
        waiting = [
            thread
            for thread in threading.enumerate()
            if not thread.daemon
            and thread is not threading.current_thread()
            and thread not in pools
        ]
        if not waiting:
            return
        waiting[0].join()
