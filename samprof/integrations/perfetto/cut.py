"""Which events of a trace file belong to a span of host time.

`samprof.trace.model.slicing.slice_time` cuts the columns of a trace. This applies the same rule to its
file, which holds more than the columns do: arguments, flow events, names of processes and threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samprof.trace import Trace
from samprof.trace.model.events import ABSENT, DEVICE_KINDS, Ints, Kind, Mask
from samprof.trace.model.slicing import slice_time
from samprof.trace.read.event_kinds import kind_of
from samprof.trace.read.event_schema import Event, integer
from samprof.trace.read.timestamps import nanoseconds

TRACK_CATEGORY = "samprof_track"
"""The category of the events that samprof's own tracks consist of."""
_FORMER_CATEGORY = "samprof_lane"
_ON_DEVICE_TIME = ("gpu_user_annotation", TRACK_CATEGORY, _FORMER_CATEGORY)


@dataclass(frozen=True, slots=True)
class Cut:
    """A span of host time, and what the device did because of it.

    Attributes:
        part: the trace of that span.
        start_ns, end_ns: the span, half-open.
        device_start_ns, device_end_ns: from the first to the last device activity launched in it.
        correlations: ids of all launches of the trace, ascending.
        launched_ns: when each of them was.
    """

    part: Trace
    start_ns: int
    end_ns: int
    device_start_ns: int
    device_end_ns: int
    correlations: Ints
    launched_ns: Ints

    def selects(self, events: list[Event]) -> Mask:
        """Which of these events belong to the span.

        Host events go by their start. Events with the correlation id of a launch (device activities,
        ends of flow events) go by that launch. Annotations and tracks that are drawn over device time
        go by the span of the device activities. Names of processes and threads always belong.
        """
        moment, timed = nanoseconds([event.ts for event in events])
        correlation = np.array([_launch_of(event) for event in events], np.int64)
        on_device = np.array(
            [(event.cat or "").lower() in _ON_DEVICE_TIME for event in events], bool
        )
        is_name = np.array([event.ph == "M" for event in events], bool)
        place = np.searchsorted(self.correlations, correlation)
        place = np.minimum(place, max(len(self.correlations) - 1, 0))
        if len(self.correlations):
            known = (correlation != ABSENT) & (self.correlations[place] == correlation)
            moment = np.where(known, self.launched_ns[place], moment)
        begin = np.where(on_device, self.device_start_ns, self.start_ns)
        end = np.where(on_device, self.device_end_ns, self.end_ns)
        result: Mask = is_name | (timed & (begin <= moment) & (moment < end))
        return result


def cut_of(trace: Trace, start_ns: int, end_ns: int) -> Cut:
    """The cut of what began on the host at start_ns <= time < end_ns."""
    part = slice_time(trace, start_ns, end_ns)
    activity = part.launches().activity
    begin, end = part.events.ts[activity], part.events.ts[activity] + part.events.dur[activity]
    launch = trace.events.of(Kind.RUNTIME)
    launch = launch[trace.events.link[launch] != ABSENT]
    correlations, place = np.unique(trace.events.link[launch], return_inverse=True)
    launched = np.full(len(correlations), np.iinfo(np.int64).max)
    np.minimum.at(launched, place, trace.events.ts[launch])
    return Cut(
        part=part,
        start_ns=start_ns,
        end_ns=end_ns,
        device_start_ns=int(begin.min()) if len(activity) else end_ns,
        device_end_ns=int(end.max()) if len(activity) else end_ns,
        correlations=correlations,
        launched_ns=launched,
    )


def is_of_a_track(event: Event) -> bool:
    """Whether an earlier export added the event."""
    return event.cat in (TRACK_CATEGORY, _FORMER_CATEGORY)


def _launch_of(event: Event) -> int:
    """The correlation id of the launch that an event goes by; ABSENT where it goes by its own start."""
    kind = kind_of(event.ph, event.cat, event.name)
    if kind in DEVICE_KINDS or (kind == 0 and event.ph == "X"):
        return event.args.correlation
    number = integer(event.id) if kind == 0 and event.ph == "f" else None
    return ABSENT if number is None else number
