"""One point in a process of its own: `python -m samprof.sweep.worker REQUEST ANSWER`."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from samprof.errors import SamprofError
from samprof.sweep.plan import Plan
from samprof.sweep.store import write_whole
from samprof.sweep.target import Recipe


def answer_to(
    request: Mapping[str, Any], progress: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """The measured point and its environment, or the error that keeps the sweep from going on.

    Args:
        request: what `samprof.sweep.engines.request_of` made.
        progress: told about each forward.
    """
    try:
        from samprof.record.environment import environment
        from samprof.sweep.measure import measure, module_device

        plan = Plan(**{**request["plan"], "batch_sizes": tuple(request["plan"]["batch_sizes"])})
        target = Recipe(request["factory"], request["arguments"]).make()
        where = environment(module_device(target.module))
        point = measure(target, plan, request["batch_size"], Path(request["out"]), progress)
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
    return {"point": point.as_dict(), "environment": where}


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
