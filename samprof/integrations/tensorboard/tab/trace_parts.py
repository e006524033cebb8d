"""The tables of a trace as pages of the report."""

from __future__ import annotations

from collections.abc import Callable

from samprof.errors import TraceError, UsageError
from samprof.report.page.trace_page import (
    kernels_page,
    layers_page,
    memory_page,
    message_page,
    ops_page,
)
from samprof.trace import Trace


def trace_part(trace: Trace, part: str) -> str:
    """One table of a trace as a page.

    Args:
        trace: any.
        part: layers, kernels, ops or memory.

    Raises:
        UsageError: there is no such part.
        MissingPackageError: jinja2 is not installed.
    """
    if part not in _PARTS:
        raise UsageError("tensorboard", "part", "no such part", f"ask for {', '.join(_PARTS)}")
    try:
        return _PARTS[part](trace)
    except TraceError as error:  # the trace does not hold what this part shows
        return message_page(part.capitalize(), f"Nothing to show: {error.cause}; {error.remedy}.")


def _layers(trace: Trace) -> str:
    check = trace.check()
    notes = tuple(dict.fromkeys([*trace.notes, *check.notes]))
    return layers_page(trace.layers(), trace.time_source, check.as_dict(), notes)


_PARTS: dict[str, Callable[[Trace], str]] = {
    "layers": _layers,
    "kernels": lambda trace: kernels_page(trace.kernels(), trace.notes),
    "ops": lambda trace: ops_page(trace.ops(), trace.notes),
    "memory": lambda trace: memory_page(trace.memory(), trace.notes),
}
