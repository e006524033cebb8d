"""One sample in a process of its own: `python -m samprof.sweeps.measure.processes.worker`.

It reads one request, answers `{"forward": 1}` as it goes on, then with the sample.
"""

import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from samprof.errors import SamprofError
from samprof.sweeps.measure.job import answer_of, error_answer, job_of
from samprof.sweeps.measure.processes.answers import (
    empty_stdin,
    end_group,
    keep_stdout_for_answers,
    say,
    say_forwards,
    scratch,
)
from samprof.sweeps.measure.turns import HandOn
from samprof.sweeps.target import Recipe, Target


def handle_request(
    request: Mapping[str, Any], advance: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """The sample that is asked for, or what would be measured; or the error that prevents it.

    Args:
        request: what `samprof.sweeps.measure.job.request_of` made.
        advance: told about each forward.
    """
    try:
        target = Recipe(**request["recipe"]).make()
    except SamprofError as error:
        return error_answer(error)
    return handle_job(target, request.get("job"), advance)


def handle_job(
    target: Target,
    job: Mapping[str, Any] | None,
    advance: Callable[[int], None],
    turn: HandOn | None = None,
) -> dict[str, Any]:
    """The same for a target that is there already.

    Args:
        target: what is measured.
        job: which sample; None to ask only what would be measured.
        advance: told about each forward.
        turn: hands the turn on, where processes take turns; see `samprof.sweeps.measure.turns`.
    """
    from samprof.sweeps.measure.machine.usage import cpu_s
    from samprof.sweeps.measure.measure import about, measure

    try:
        if job is None:
            return answer_of(about(target))
        sample = measure(target, job_of(job), advance, turn)
    except SamprofError as error:
        return error_answer(error)
    return answer_of(replace(sample, cpu_s=cpu_s()))


def main() -> None:
    """Answers one request."""
    keep_stdout_for_answers()
    line = sys.stdin.readline()
    if not line:
        return
    asking = os.dup(0)
    empty_stdin()
    removing = threading.Lock()  # while one thread removes the folder, the other does not end
    with ExitStack() as undo:
        undo.callback(removing.release)
        folder = undo.enter_context(scratch())
        undo.callback(removing.acquire)
        watch = threading.Thread(target=_end_with, args=(asking, folder, removing), daemon=True)
        watch.start()
        answer = handle_request(json.loads(line), say_forwards)
    say(answer)  # when it is out, nothing is left to remove


def _end_with(asking: int, folder: Path, removing: threading.Lock) -> None:
    """Waits until whoever asks is gone, which closes the pipe; then ends everything."""
    os.read(asking, 1)
    with removing:
        gone = folder.with_name(f"{folder.name}-gone")
        with suppress(OSError):  # it was removed before
            folder.rename(gone)  # no new file gets into it while it is removed
        shutil.rmtree(gone, ignore_errors=True)
        end_group()


if __name__ == "__main__":
    main()
