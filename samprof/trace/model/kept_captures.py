"""Captures of earlier recordings, kept so that replays in later ones are split by them.

A graph is often captured once and replayed in recordings that do not hold the capture. What was captured
is then written into the metadata of those, and becomes events of their own kinds (`Kind.held`) when they
are read. The names of the kernels that the graph ran, where a recording has shown them, are its
fingerprint: a graph that runs others is not split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

import msgspec
import numpy as np

from samprof.trace.model.captures import Capture
from samprof.trace.model.data import TraceData
from samprof.trace.model.events import (
    ABSENT,
    RANGE_PREFIX,
    Events,
    Kind,
    Mask,
    concatenated,
)
from samprof.trace.model.names import decoded

T = TypeVar("T", bound=TraceData)
_MOST_ROWS = 1 << 20
_OF_NO_ACTIVITY = 1 << 62
_KINDS = (Kind.OP, Kind.RANGE, Kind.RUNTIME)
_Number = Annotated[int, msgspec.Meta(ge=-1, le=2**60)]
NOT_KEPT = "what was kept of captured graphs is damaged and was skipped"


@dataclass(frozen=True, slots=True)
class _Plain:
    """A capture as JSON: its events, column by column.

    Attributes:
        names, inputs: what the columns `name`, `kernel` and `input` index.
        kind: op, range or call, as in `Kind`.
        ts, dur: nanoseconds from the first event on.
        link: correlation ids, which order what began at the same time; -1 for none.
        kernel: for a launch what the graph ran there, -1 if no recording has shown it.
        input: the shapes of an op's inputs, -1 for none.
    """

    names: list[str]
    inputs: list[str]
    kind: list[_Number]
    name: list[_Number]
    ts: list[_Number]
    dur: list[_Number]
    link: list[_Number]
    kernel: list[_Number]
    input: list[_Number]


def captures_as_json(trace: TraceData) -> list[dict[str, Any]]:
    """The captures of a trace for the metadata of later ones.

    Those of earlier recordings are left out, and those with a backward, which need two threads.
    """
    kind = trace.events.kind
    return [
        _as_json(trace, one)
        for one in trace.captures()
        if len(one.launches)
        and (kind[one.launches] == Kind.RUNTIME).all()
        and len(one.threads(trace.events)) == 1
    ]


def _as_json(trace: TraceData, capture: Capture) -> dict[str, Any]:
    events = trace.events
    rows = trace.captured_rows()
    rows = rows[np.isin(events.kind[rows], _KINDS)]
    end = events.ts[rows] + events.dur[rows]
    mine = (events.thread[rows] == capture.thread) & (events.ts[rows] <= capture.end)
    rows = rows[mine & (end > capture.start)]
    kernel = np.full(len(events), -1, np.int64)
    kernel[capture.launches] = capture.kernels
    for one in trace.graphs():
        if one.capture is not None and one.capture.start == capture.start:
            ran = trace.launches().activity[one.activities]
            kernel[capture.launches] = events.name[ran]
    calls = events.kind[rows] == Kind.RUNTIME
    marks = np.array(["Capture" in name for name in trace.names], bool)[events.name[rows]]
    rows = rows[~calls | marks | np.isin(rows, capture.launches)]
    names, name = np.unique(np.concatenate([events.name[rows], kernel[rows]]), return_inverse=True)
    given, put = np.unique(events.inputs[rows], return_inverse=True)
    shift = int(names[0] < 0), int(len(given) > 0 and given[0] < 0)
    link = events.link[rows]
    plain = _Plain(
        names=[trace.names[code] for code in names.tolist() if code >= 0],
        inputs=[trace.inputs[code] for code in given.tolist() if code >= 0],
        kind=events.kind[rows].tolist(),
        name=(name[: len(rows)] - shift[0]).tolist(),
        ts=(events.ts[rows] - events.ts[rows].min()).tolist(),
        dur=events.dur[rows].tolist(),
        link=np.where(link == ABSENT, -1, link).tolist(),
        kernel=(name[len(rows) :] - shift[0]).tolist(),
        input=(put - shift[1]).tolist(),
    )
    found: dict[str, Any] = msgspec.to_builtins(plain)
    return found


def with_kept_captures(trace: T) -> T:
    """The trace with the captures in its metadata as events, which leave the metadata."""
    recorded = trace.metadata.get("samprof")
    if not isinstance(recorded, Mapping) or "captures" not in recorded:
        return trace
    rest = {key: value for key, value in recorded.items() if key != "captures"}
    trace = replace(trace, metadata={**trace.metadata, "samprof": rest})
    try:
        plain = msgspec.convert(recorded["captures"], list[_Plain])
        return _with(trace, plain)
    except (msgspec.ValidationError, ValueError, IndexError):
        return replace(trace, notes=(*trace.notes, NOT_KEPT))


def _with(trace: T, plain: Sequence[_Plain]) -> T:
    """The trace with these captures.

    Raises:
        ValueError, IndexError: their columns do not fit together.
    """
    if sum(len(one.kind) for one in plain) > _MOST_ROWS or not len(trace.events):
        raise ValueError("too many events")
    names = {name: code for code, name in enumerate(trace.names)}
    inputs = {text: code for code, text in enumerate(trace.inputs)}
    tables, threads = [trace.events], list(trace.threads)
    first = int(trace.events.ts.min())
    for number, one in enumerate(plain):
        name = [names.setdefault(decoded(text), len(names)) for text in one.names]
        given = [inputs.setdefault(decoded(text), len(inputs)) for text in one.inputs]
        table = _events(one, np.array([*name, -1]), np.array([*given, -1]), len(threads), first)
        known = _known(trace, table, list(names))
        if (known & (table.kind == Kind.HELD_RANGE)).any():
            tables.append(table.take(known))
            threads.append(("samprof", f"capture {number}"))
    return replace(
        trace,
        events=concatenated(tables),
        names=tuple(names),
        inputs=tuple(inputs),
        threads=tuple(threads),
    )


def _events(
    one: _Plain, name: np.ndarray[Any, Any], given: np.ndarray[Any, Any], thread: int, first: int
) -> Events:
    """The events of a capture, all before the first of the trace."""
    kind, ts, dur, link, kernel, code, put = (
        np.array(column, np.int64)
        for column in (one.kind, one.ts, one.dur, one.link, one.kernel, one.name, one.input)
    )
    if len({len(column) for column in (kind, ts, dur, link, kernel, code, put)}) > 1:
        raise ValueError("columns of different lengths")
    if not np.isin(kind, _KINDS).all() or (dur < 0).any() or (ts < 0).any() or (code < 0).any():
        raise ValueError("no events")
    rows = len(kind)
    absent, none = np.full(rows, ABSENT), np.full(rows, -1, np.int32)
    kernels = name[kernel]
    return Events(
        kind=(kind + (Kind.HELD_OP - Kind.OP)).astype(np.int8),
        name=name[code].astype(np.int32),
        thread=np.full(rows, thread, np.int32),
        ts=ts + (first - int((ts + dur).max(initial=0)) - 1),
        dur=dur,
        link=np.where(link < 0, absent, link - _OF_NO_ACTIVITY),
        device=none,
        stream=none,
        sequence=np.where(kernels < 0, absent, kernels),
        forward_thread=absent,
        inputs=given[put].astype(np.int32),
    )


def _known(trace: TraceData, table: Events, names: Sequence[str]) -> Mask:
    """All but ranges that this recording would not have entered: it recorded other parts."""
    modules, functions = trace.recorded.get("modules", {}), trace.recorded.get("functions", {})
    methods = trace.recorded.get("methods", ())

    def is_known(name: str) -> bool:
        path = decoded(name.removeprefix(RANGE_PREFIX))
        last = path.rpartition(".")[2]
        return path in modules or path in methods or (last.endswith("()") and last in functions)

    wanted = {code: is_known(names[code]) for code in np.unique(table.name).tolist()}
    is_range = table.kind == Kind.HELD_RANGE
    result: Mask = ~is_range | np.array([wanted[code] for code in table.name.tolist()], bool)
    return result
