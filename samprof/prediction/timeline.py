"""When the host would launch, and the device would run, what a forward does: on one stream."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samprof.trace.model.events import Ints

LATENCY_NS = 2_000
"""From the launch on the host to the start on an idle device."""


@dataclass(frozen=True, slots=True)
class HostTimes:
    """Start and end of each event of the host, in its order; nanoseconds."""

    start: Ints
    end: Ints


def host_times(start: Ints, end: Ints, cost: Ints) -> HostTimes:
    """The events in the same order and nesting, where each takes its own cost before what is inside it.

    Args:
        start: of each event, in any clock.
        end: likewise.
        cost: nanoseconds that each takes by itself.

    Example:
        >>> outer_and_inner = np.array([10, 20]), np.array([90, 30])
        >>> times = host_times(*outer_and_inner, np.array([5, 7]))
        >>> times.start.tolist(), times.end.tolist()
        ([1, 7], [16, 15])
    """
    count = len(start)
    last = np.maximum(end, start + 1)  # an event without a duration has one for the order
    when, begins = np.concatenate([start, last]), np.repeat([1, 0], count)
    # At one time: what ends comes before what begins; the longer begins first, the later ends first.
    tie = np.concatenate([start - last, -start])
    place = np.concatenate(
        [np.arange(count), -np.arange(count)]
    )  # of equal ones the first is outer
    order = np.lexsort((place, tie, begins, when))
    spent = np.concatenate([cost, np.zeros(count, np.int64)])[order] + 1
    clock = np.empty(2 * count, np.int64)
    clock[order] = np.cumsum(spent)
    begun = clock[:count] - cost
    return HostTimes(begun, clock[count:])


def device_starts(launched: Ints, durations: Ints) -> Ints:
    """The start of each kernel on a device that runs one after the other, in the order of launches.

    Args:
        launched: when each is launched, ascending.
        durations: of each.

    Example:
        >>> device_starts(np.array([0, 100, 50_000]), np.array([9_000, 10, 10])).tolist()
        [2000, 11000, 52000]
    """
    # start[i] = max(ready[i], start[i-1] + dur[i-1]): a running maximum, once durations are taken out.
    ready = launched + LATENCY_NS
    before = np.concatenate([[0], np.cumsum(durations)[:-1]])
    starts: Ints = np.maximum.accumulate(ready - before) + before
    return starts
