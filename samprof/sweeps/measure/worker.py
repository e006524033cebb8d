"""One sample in a process of its own: `python -m samprof.sweeps.measure.worker REQUEST ANSWER`."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from samprof.errors import SamprofError
from samprof.sweeps.measure.job import answer_of, error_answer, job_of
from samprof.sweeps.run.directory import write_whole
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
    target: Target, job: Mapping[str, Any] | None, advance: Callable[[int], None]
) -> dict[str, Any]:
    """The same for a target that is there already."""
    from samprof.sweeps.measure.measure import about, measure
    from samprof.sweeps.measure.usage import cpu_s

    try:
        if job is None:
            return answer_of(about(target))
        sample = measure(target, job_of(job), advance)
    except SamprofError as error:
        return error_answer(error)
    return answer_of(replace(sample, cpu_s=cpu_s()))


def main() -> None:
    """Reads the request, prints a line per forward, writes the answer."""
    request = json.loads(Path(sys.argv[1]).read_text())
    answer = handle_request(request, lambda _: _tell())
    write_whole(Path(sys.argv[2]), json.dumps(answer).encode())


def _tell() -> None:
    sys.stdout.write("forward\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
