"""A process that makes a target once and forks a child per sample.

`python -m samprof.sweeps.measure.processes.fork_server` reads requests from stdin, a line of JSON
each: first how to make the target, then the jobs of a round. It answers on stdout, a line of JSON each,
with the number of its job: first what is measured and where, then `{"forward": 1}` as a child goes on,
and its answer; or `{"died": code, "last": text}` where a child ended without one. `{"served": seconds}`
ends a request: the CPU time that the process itself took for it.

The process itself never runs the model: its children start cold, as a process of their own would, but
without importing torch and building the model again. It keeps torch to one thread, so that there are
no threads when it forks, which a child would miss. Where a round has several jobs, their children take
turns; see `samprof.sweeps.measure.turns`.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import IO, Any

from samprof.errors import SamprofError
from samprof.processes import end_with_parent
from samprof.sweeps.measure.ended import last_line
from samprof.sweeps.measure.job import error_answer
from samprof.sweeps.measure.machine.cpu_counters import usable_cpus
from samprof.sweeps.measure.machine.latency import cross_core_latency_ns
from samprof.sweeps.measure.machine.room import has_room
from samprof.sweeps.measure.machine.state import is_switched_off
from samprof.sweeps.measure.processes.answers import (
    empty_stdin,
    end_group,
    keep_stdout_for_answers,
    remove_scratch,
    say,
    say_died,
    scratch,
)
from samprof.sweeps.measure.processes.worker import handle_job
from samprof.sweeps.measure.turns import Turn, TurnOf
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
    server.serve([None])
    for line in sys.stdin:
        if not server.serve(json.loads(line)["jobs"]):
            break
    end_group()


_LEAST_TURNS, _LONG_S = 3, 12.0
"""Turns that are taken however long they take, and when more are not: other work slows them, or the
model is slow."""


class _NobodyWaitsError(Exception):
    """Whoever asked is gone."""


class _Child:
    """A forked process that answers one job.

    Attributes:
        number: of its job.
        size: of its sample; 0 where it takes none.
        pid: of the process.
        errors: what it writes to stderr.
        turns: those it is given; None where it takes none.
    """

    def __init__(self, number: int, size: int, errors: IO[bytes], turns: TurnOf | None) -> None:
        self.number, self.size, self.errors, self.turns = number, size, errors, turns
        self.pid = 0

    def close(self) -> None:
        """It has ended, and been waited for."""
        self.errors.close()
        if self.turns is not None:
            self.turns.close()


class _Server:
    """Answers each job in a forked child.

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
        self._alive: list[_Child] = []

    def serve(self, jobs: Sequence[dict[str, Any] | None]) -> bool:
        """Answers one request: what is measured and where, or samples; False when nobody waits."""
        began = time.process_time()
        try:
            self._serve(jobs)
        except _NobodyWaitsError:
            self._kill_all()
            return False
        finally:
            remove_scratch()
        say({"served": time.process_time() - began})
        return True

    def _serve(self, jobs: Sequence[dict[str, Any] | None]) -> None:
        sizes = [job["size"] if job else 0 for job in jobs]
        takes_turns = len(jobs) > 1
        for number, job in enumerate(jobs):
            try:
                child = self._forked(number, job, sizes[number], takes_turns=takes_turns)
            except OSError as error:
                say_died(1, f"{type(error).__name__}: {error}", number)
                continue
            self._work(child)
            others = sizes[number + 1 :]
            if self._alive == [child] and not (others and has_room(child.pid, child.size, others)):
                takes_turns = False
                self._finish(child)
        self._take_turns()

    def _finish(self, child: _Child) -> None:
        """Lets a child work to its end, without turns."""
        assert child.turns is not None
        child.turns.give(None, is_alone=True)
        self._work(child)

    def _take_turns(self) -> None:
        """Goes round until all children have ended; every other time in the other direction."""
        began, times = time.monotonic(), 0
        while self._alive:
            latency = None if is_switched_off() else cross_core_latency_ns(usable_cpus())
            is_enough = times >= _LEAST_TURNS and time.monotonic() - began > _LONG_S
            for child in self._alive.copy():
                assert child.turns is not None
                child.turns.give(latency, is_enough=is_enough)
                self._work(child)
            self._alive.reverse()
            times += 1

    def _work(self, child: _Child) -> None:
        """Waits until a child hands its turn on, or has ended and is not alive any more."""
        events = select.poll()
        events.register(self._ended, select.POLLIN)
        # Of stdin only its end: the next request may come before the child that answered has ended.
        events.register(0, 0)
        if child.turns is not None:
            events.register(child.turns.handed_on, select.POLLIN)
        while True:
            ended, status = os.waitpid(child.pid, os.WNOHANG)
            if ended:
                self._bury(child, os.waitstatus_to_exitcode(status))
                return
            ready = dict(events.poll())
            if self._ended in ready:
                os.read(self._ended, 4096)
            elif 0 in ready:
                raise _NobodyWaitsError
            elif child.turns is not None and ready[child.turns.handed_on] & select.POLLIN:
                child.turns.taken_back()
                return
            elif child.turns is not None:  # the other end is closed: it is ending
                events.unregister(child.turns.handed_on)

    def _bury(self, child: _Child, code: int) -> None:
        """Tells how a child ended that gave no answer, and forgets it."""
        self._alive.remove(child)
        if code:
            child.errors.seek(0)
            last = last_line(child.errors.read().decode("utf-8", "replace"))
            say_died(code, last, child.number)
        child.close()

    def _kill_all(self) -> None:
        for child in self._alive:
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
            child.close()
        self._alive.clear()

    def _forked(
        self, number: int, job: dict[str, Any] | None, size: int, *, takes_turns: bool
    ) -> _Child:
        """A child that works on the job.

        Raises:
            OSError: it cannot be started.
        """
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        child = _Child(number, size, errors, TurnOf() if takes_turns else None)
        server = os.getpid()
        child.pid = os.fork()
        if not child.pid:
            try:
                end_with_parent(server, signal.SIGKILL)
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            finally:
                turn = child.turns.turn if child.turns is not None else None
                _run_child(self._target, number, job, self._threads, errors.fileno(), turn)
        if child.turns is not None:
            child.turns.forked()
        self._alive.append(child)
        return child


def _run_child(
    target: Target,
    number: int,
    job: dict[str, Any] | None,
    threads: int,
    errors: int,
    turn: Turn | None,
) -> None:
    """Takes the sample and ends; exits with 0 only once the answer is out."""
    import torch

    code = 1
    try:
        os.dup2(errors, 2)
        empty_stdin()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's parent decides
        torch.set_num_threads(threads)
        with scratch(str(number)):
            answer = handle_job(
                target, job, lambda forwards: say({"forward": forwards, "job": number}), turn
            )
        say({**answer, "job": number})  # when it is out, nothing is left to remove
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
