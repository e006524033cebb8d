"""The size of a call, as a trace or the name of its file tells it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from samprof.trace import Trace
from samprof.trace.flops.op_inputs import Inputs
from samprof.trace.model.events import Kind

KEPT, SHAPES, NAME, GIVEN = (
    "the root's input as recorded",
    "the shapes of the first op",
    "the file name",
    "what was given",
)
_CLAIM = re.compile(r"(?<![a-z])(?:batch[-_ ]?(?:size)?|bs|size|b(?=0\d))[-_ =]?(\d+)(?!\d)", re.I)
"""A number in a name that says what it is: batch4, batch_size-4, bs4, size=4, b0004."""
_NUMBER = re.compile(r"\d+")
_PLACES = {"aten::addmm": 1, "aten::baddbmm": 1, "aten::addbmm": 1, "aten::embedding": 1}
"""Which tensor of an op is the data, where the first is a bias or a table."""
Sizes = list[tuple[int, str]]


def told_sizes(
    trace: Trace, root: str, spans: Sequence[tuple[int, int]], threads: Any | None
) -> Sizes:
    """The size of each call and what tells it; 0 where nothing does.

    Args:
        trace: all of it.
        root: the path of the root.
        spans: start and end of each call.
        threads: the thread of each, by number; None where a call is not on one thread.
    """
    kept = _kept(trace, root, threads) if threads is not None else []
    if kept and all(kept):
        return [(size, KEPT) for size in kept]
    ops = trace.events.of(Kind.OP)
    ops = ops[np.argsort(trace.events.ts[ops], kind="stable")]
    start, thread = trace.events.ts[ops], trace.events.thread[ops]
    found: Sizes = []
    for place, (begin, end) in enumerate(spans):
        first, last = np.searchsorted(start, [begin, end])
        inside = ops[first:last]
        if threads is not None:
            inside = inside[thread[first:last] == threads[place]]
        size = _first_dimension(trace, inside)
        found.append((size, SHAPES if size else ""))
    return found


def claimed(path: Path | None) -> int:
    """The size that a file's name, or its folder's, says; 0 where it says none.

    Example:
        >>> claimed(Path("trace_batch4.json")), claimed(Path("b0016/rank0.pt.trace.json.gz"))
        (4, 16)
        >>> claimed(Path("b200-run7.json"))
        0
    """
    if path is None:
        return 0
    found = _CLAIM.findall(_stem(path)) or _CLAIM.findall(path.parent.name)
    return int(found[0]) if len({*map(int, found)}) == 1 else 0


def in_name(path: Path | None) -> int:
    """The only number in a file's name; 0 where it has none or several.

    Example:
        >>> in_name(Path("b4.json.gz")), in_name(Path("a100-4.json"))
        (4, 0)
    """
    if path is None:
        return 0
    numbers = _NUMBER.findall(_stem(path))
    return claimed(path) or (int(numbers[0]) if len(numbers) == 1 else 0)


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".json").removesuffix(".pt.trace")


def _kept(trace: Trace, root: str, threads: Any) -> list[int]:
    """What samprof kept, call by call; empty where that does not fit the calls in the trace."""
    calls = trace.recorded.get("calls")
    listed = calls.get(root) if isinstance(calls, dict) else None
    if not isinstance(listed, list):
        return []
    by_thread: dict[str, list[int]] = {}
    for entry in listed:
        if not isinstance(entry, list) or [type(value) for value in entry] != [int, int]:
            return []
        by_thread.setdefault(str(entry[0]), []).append(entry[1])
    names = [trace.threads[number][1] for number in threads]
    if {name: names.count(name) for name in names} != {k: len(v) for k, v in by_thread.items()}:
        return []
    queues = {name: iter(sizes) for name, sizes in by_thread.items()}
    return [next(queues[name]) for name in names]


def _first_dimension(trace: Trace, ops: Any) -> int:
    """Of the first tensor of the first op that has one."""
    inputs = trace.events.inputs
    for row in ops.tolist():
        if inputs[row] < 0:
            continue
        place = _PLACES.get(trace.names[trace.events.name[row]], 0)
        try:
            shapes = [shape for shape, _ in Inputs.of(trace.inputs[inputs[row]]).tensors]
        except (ValueError, TypeError):
            continue
        if place < len(shapes) and shapes[place]:
            return int(shapes[place][0])
    return 0
