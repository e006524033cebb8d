"""A process that makes a target once and forks a child per sample.

`python -m samprof.sweeps.measure.fork_server` reads requests from stdin, a line of JSON each: first how
to make the target, then jobs. It answers on stdout, a line of JSON each: first what is measured and
where, then `{"forward": 1}` as a child goes on, and its answer; or `{"died": code, "last": text}` where
a child ended without one.

The process itself never runs the model: its children start cold, as a process of their own would, but
without importing torch and building the model again. It keeps torch to one thread, so that there are
no threads when it forks, which a child would miss.
"""

import json
import os
import select
import signal
import sys
import tempfile
from typing import Any

from samprof.errors import SamprofError
from samprof.processes import end_with_parent
from samprof.sweeps.measure.answers import (
    empty_stdin,
    end_group,
    keep_stdout_for_answers,
    remove_scratch,
    say,
    say_died,
    say_forwards,
    scratch,
)
from samprof.sweeps.measure.ended import last_line
from samprof.sweeps.measure.job import error_answer
from samprof.sweeps.measure.worker import handle_job
from samprof.sweeps.target import Recipe, Target


def main() -> None:
    """Serves requests until stdin ends."""
    end_with_parent()  # while torch is imported and the target made, stdin is not looked at
    import torch

    keep_stdout_for_answers()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    request = json.loads(sys.stdin.readline())
    try:
        target = Recipe(**request["recipe"]).make()
        _import_ahead()
    except SamprofError as error:
        say(error_answer(error))
        return
    end_with_parent(number=0)  # from now on there may be something to remove
    server = _Server(target, threads)
    server.serve(None)
    for line in sys.stdin:
        if not server.serve(json.loads(line)["job"]):
            break
    end_group()


class _Server:
    """Answers each request in a forked child.

    Args:
        target: what is measured.
        threads: how many a child computes with.
    """

    def __init__(self, target: Target, threads: int) -> None:
        self._target, self._threads = target, threads
        # A byte in this pipe says that a child ended.
        self._ended, waking = os.pipe()
        for end in (self._ended, waking):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(waking)
        self._events = select.poll()
        self._events.register(self._ended, select.POLLIN)
        # Of stdin only its end: the next request may come before the child that answered has ended.
        self._events.register(0, 0)

    def serve(self, job: dict[str, Any] | None) -> bool:
        """Answers one request: what is measured and where, or a sample; False when nobody waits."""
        try:
            with tempfile.TemporaryFile() as errors:
                code = self._run(job, errors.fileno())
                errors.seek(0)
                last = last_line(errors.read().decode("utf-8", "replace"))
        except OSError as error:
            code, last = 1, f"{type(error).__name__}: {error}"
        if code != 0:
            remove_scratch()  # as the child did not
        if code:
            say_died(code, last)
        return code is not None

    def _run(self, job: dict[str, Any] | None, errors: int) -> int | None:
        """The exit code of a child that answers the request; None when nobody waits for it."""
        server = os.getpid()
        child = os.fork()
        if not child:
            try:
                end_with_parent(server, signal.SIGKILL)
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            finally:
                _run_child(self._target, job, self._threads, errors)
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            ready = {descriptor for descriptor, _ in self._events.poll()}
            if self._ended in ready:
                os.read(self._ended, 4096)
            elif 0 in ready:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return None


def _run_child(target: Target, job: dict[str, Any] | None, threads: int, errors: int) -> None:
    """Takes the sample and ends; exits with 0 only once the answer is out."""
    import torch

    code = 1
    try:
        os.dup2(errors, 2)
        empty_stdin()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's parent decides
        torch.set_num_threads(threads)
        with scratch():
            answer = handle_job(target, job, say_forwards)
        say(answer)  # when it is out, nothing is left to remove
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _import_ahead() -> None:
    """What every child needs: imported once, here."""
    import samprof.sweeps.measure.measure
    import samprof.trace.read.parse
    import samprof.trace.tables.op_costs  # noqa: F401


if __name__ == "__main__":
    main()
