"""What samprof writes into a trace file besides the profiler's events."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from samprof._version import __version__
from samprof.record.compiled import noted
from samprof.record.device.environment import machine
from samprof.record.ranges.entering import fast_record_function
from samprof.trace.model.names import encoded

SCHEMA = 1
_OF_PATHS = ("modules", "functions", "inner_ops", "components", "weights", "remarks", "inside")


def as_json(
    parts: Sequence[Mapping[str, Any]],
    calls: Mapping[str, Sequence[tuple[int, int]]],
    launch_threads: Sequence[Sequence[int]] = (),
    captures: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The metadata of a session, as JSON.

    Args:
        parts: the metadata of the recordings that shared it (see `Selection`).
        calls: root -> thread and size of the root's input at each of its calls.
        launch_threads: ids of threads that belong together (see `ids_of_launches`).
        captures: captures of earlier recordings (see `samprof.record.captures`).
    """
    merged: dict[str, Any] = {
        "schema": SCHEMA,
        "version": __version__,
        "ranges": fast_record_function()[1],
        "roots": [part["root"] for part in parts],
        "granularity": parts[0]["granularity"] if parts else "",
    }
    merged["methods"] = [name for part in parts for name in part["methods"]]
    for key in _OF_PATHS:
        merged[key] = {path: value for part in parts for path, value in part[key].items()}
    held = merged | noted() | {"calls": calls, "machine": machine()}
    if launch_threads:
        held["launch_threads"] = launch_threads
    if captures:
        held["captures"] = captures
    return json.dumps(_encoded(held), separators=(",", ":"))


def _encoded(value: Any) -> Any:
    """The value with all its strings encoded."""
    if isinstance(value, str):
        return encoded(value)
    if isinstance(value, Mapping):
        return {encoded(str(key)): _encoded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encoded(item) for item in value]
    return value
