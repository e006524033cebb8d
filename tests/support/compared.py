"""Hand-made traces to compare: layers, each with its kernels."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.tracefile import TraceFile

Kernel = tuple[str, int]


def traced(
    layers: Mapping[str, Sequence[Kernel]],
    *,
    by: str = "samprof",
    calls: int = 1,
    metadata: Mapping[str, Any] | None = None,
) -> TraceFile:
    """A trace in which each layer launches its kernels itself, and layers of one name nest.

    Args:
        layers: path -> kernels (name, duration); paths of samprof's ranges have dots, others " > ".
            What is above another must come first. `(outside)` is launched outside of every range.
        by: the kind of range.
        calls: how often all of it runs.
        metadata: other keys of the file.
    """
    file = TraceFile(metadata={"schemaVersion": 1, **(metadata or {})})
    separator = "." if by == "samprof" else " > "
    now, device, correlation = 1_000, 10_000_000, 0
    for _ in range(calls):
        around: list[tuple[str, int]] = []
        ends: dict[str, list[Any]] = {}
        for path, kernels in layers.items():
            while around and not path.startswith(around[-1][0] + separator):
                ends[around.pop()[0]][1] = now
                now += 10
            if path != "(outside)":
                ends[path] = [now, now]
                around.append((path, now))
            now += 10
            for name, duration in kernels:
                correlation += 1
                file.op(f"aten::{name}", now, 5)
                file.launch(correlation, now + 1)
                file.kernel(correlation, device, duration, name=f"{name}_kernel")
                now, device = now + 10, device + duration
        while around:
            ends[around.pop()[0]][1] = now
            now += 10
        for path, (start, end) in ends.items():
            _add(file, by, path, path.rpartition(separator)[2], start, end - start)
        now += 100
    return file


def _add(file: TraceFile, by: str, path: str, name: str, start: int, duration: int) -> None:
    if by == "samprof":
        file.range(path, start, duration)
    elif by == "module":
        file.module(name, start, duration)
    else:
        file.annotation(name, start, duration)
