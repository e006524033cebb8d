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
import signal
import sys
import tempfile
from typing import Any

from samprof.errors import SamprofError
from samprof.sweeps.measure.job import error_answer
from samprof.sweeps.measure.worker import handle_job
from samprof.sweeps.target import Recipe, Target

_ANSWERS = 63
"""Descriptor of the answers: a number that nothing else takes by itself."""


def main() -> None:
    """Serves requests until stdin ends."""
    import torch

    _keep_stdout_for_answers()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    request = json.loads(sys.stdin.readline())
    try:
        target = Recipe(**request["recipe"]).make()
        _import_ahead()
    except SamprofError as error:
        _say(error_answer(error))
        return
    _serve(target, None, threads)
    for line in sys.stdin:
        _serve(target, json.loads(line)["job"], threads)


def _serve(target: Target, job: dict[str, Any] | None, threads: int) -> None:
    """Answers one request, in a forked child: what is measured and where, or a sample."""
    with tempfile.TemporaryFile() as errors:
        child = os.fork()
        if not child:
            _run_child(target, job, threads, errors.fileno())
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code:
            errors.seek(0)
            text = errors.read().decode("utf-8", "replace")
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            _say({"died": code, "last": lines[-1][:200] if lines else ""})


def _run_child(target: Target, job: dict[str, Any] | None, threads: int, errors: int) -> None:
    """Takes the sample and ends; exits with 0 only once the answer is out."""
    import torch

    os.dup2(errors, 2)
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's parent decides
        torch.set_num_threads(threads)
        _say(handle_job(target, job, lambda forwards: _say({"forward": forwards})))
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


def _keep_stdout_for_answers() -> None:
    """What the model prints goes to stderr: stdout speaks JSON."""
    os.dup2(1, _ANSWERS)
    os.dup2(2, 1)


def _say(answer: dict[str, Any]) -> None:
    data = memoryview(json.dumps(answer).encode() + b"\n")
    while data:
        data = data[os.write(_ANSWERS, data) :]


if __name__ == "__main__":
    main()
