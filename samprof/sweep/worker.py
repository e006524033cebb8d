"""One point in a process of its own: `python -m samprof.sweep.worker REQUEST ANSWER`."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from samprof.errors import SamprofError
from samprof.sweep.engines import Job
from samprof.sweep.plan import Plan
from samprof.sweep.point import Point
from samprof.sweep.store import Store, write_whole
from samprof.sweep.target import Recipe, Target


def carry(job: Job, target: Target, progress: Callable[[int], None]) -> Point:
    """Notes in the run directory what is measured where, then measures the point."""
    from samprof.record.environment import environment
    from samprof.record.kept_peaks import kept_peaks
    from samprof.sweep.measure import measure, module_device

    where = environment(module_device(target.module))
    peaks = kept_peaks(where["device_name"])
    if peaks is not None:
        where["peaks"] = peaks.as_dict()
    Store(job.out).begin(job.plan, target.description(), where, fresh=job.fresh)
    return measure(target, job.plan, job.batch_size, job.out, progress)


def answer_to(
    request: Mapping[str, Any], progress: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """The measured point, or the error that keeps the sweep from going on.

    Args:
        request: what `samprof.sweep.engines.request_of` made.
        progress: told about each forward.
    """
    plan = Plan(**{**request["plan"], "batch_sizes": tuple(request["plan"]["batch_sizes"])})
    job = Job(plan, request["batch_size"], Path(request["out"]), request["fresh"])
    try:
        target = Recipe(request["factory"], request["arguments"]).make()
        point = carry(job, target, progress)
    except SamprofError as error:
        return {
            "error": {
                "kind": type(error).__name__,
                "operation": error.operation,
                "subject": error.subject,
                "cause": error.cause,
                "remedy": error.remedy,
            }
        }
    return {"point": point.as_dict()}


def main() -> None:
    """Reads the request, prints a line a forward, writes the answer."""
    request = json.loads(Path(sys.argv[1]).read_text())
    answer = answer_to(request, lambda _: _tell())
    write_whole(Path(sys.argv[2]), json.dumps(answer).encode())


def _tell() -> None:
    sys.stdout.write("forward\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
