"""The windows of a trace, one per step, and the time in which their thread waited for the device."""

from __future__ import annotations

import re

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Ints, Kind, Mask
from samprof.trace.model.names import step_number
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.ranges import By

_WAITING = re.compile(r"^(cu|cuda|hip|musa|xpu)\w*Synchronize|^(cuda|hip)Memcpy$", re.IGNORECASE)

_COPY = re.compile(r"^(cu|cuda|hip|musa)Memcpy", re.IGNORECASE)
_TO_PAGEABLE = re.compile(r"-> *Pageable", re.IGNORECASE)


def step_windows(trace: TraceData, by: By) -> list[tuple[int, int, int, int]]:
    """The steps in which anything happened, as (number, start, end, thread).

    Without marked steps there is one window: around the ranges of the thread that entered one first.
    """
    steps = trace.steps()
    if steps:
        events = trace.events
        thread_of = {
            int(events.ts[row]): int(events.thread[row])
            for row in events.of(Kind.ANNOTATION).tolist()
            if step_number(trace.names[events.name[row]]) is not None
        }
        return [
            (number, start, end, thread_of[start])
            for number, start, end in steps
            # After the last call of step() comes one in which nothing happened.
            if ((events.ts >= start) & (events.ts < end)).sum() > 1
        ]
    nesting = trace.ranges(by).nesting
    if not len(nesting.rows):
        return []
    first = int(np.argmin(nesting.start))
    mine = nesting.thread == nesting.thread[first]
    return [
        (0, int(nesting.start[first]), int(nesting.end[mine].max()), int(nesting.thread[first]))
    ]


def waits_of(trace: TraceData, thread: int, end: int) -> Nesting:
    """The calls in which the thread waited for the device, clipped to the end of the window.

    A copy to pageable host memory is one, also where its name says that it is asynchronous: the call
    "will return only once the copy has completed" (CUDA Runtime API, "API synchronization behavior").
    """
    events = trace.events
    calls = events.of(Kind.RUNTIME)
    waiting = _is_named(trace, calls, _WAITING) | np.isin(calls, _copies_to_pageable(trace))
    calls = calls[waiting & (events.thread[calls] == thread)]
    return Nesting.of(
        events.thread[calls],
        events.ts[calls],
        np.minimum(events.dur[calls], end - events.ts[calls]),
        np.zeros(len(calls), np.int32),
    )


def _copies_to_pageable(trace: TraceData) -> Ints:
    """The calls, rows of the events, that copied from a device to pageable host memory."""
    launches = trace.launches()
    launch = launches.launch[_is_named(trace, launches.activity, _TO_PAGEABLE)]
    launch = launch[launch >= 0]
    return launch[_is_named(trace, launch, _COPY)]  # not the launch of a graph with a copy in it


def _is_named(trace: TraceData, rows: Ints, pattern: re.Pattern[str]) -> Mask:
    codes = [code for code, name in enumerate(trace.names) if pattern.search(name)]
    return np.isin(trace.events.name[rows], codes)
