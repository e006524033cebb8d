"""The threads of launches: as CUPTI names them in the file, as the system does once it is read.

For threads that the profiler did not record, the file names the thread of a launch by its pthread id and
that of a range by its native id; see `samprof.record.ranges.other_threads`. What samprof recorded tells
which ids belong together.
"""

from collections import defaultdict
from dataclasses import replace

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Events, Ints, Kind

_NEVER = np.iinfo(np.int64).max


def with_native_launches(trace: TraceData) -> TraceData:
    """The trace with every launch on its native thread, as far as the recorded metadata tells it."""
    natives: dict[str, list[str]] = defaultdict(list)
    for written, native in trace.metadata.get("samprof", {}).get("launch_threads", ()):
        natives[str(written)].append(str(native))
    number_of = {thread: number for number, thread in enumerate(trace.threads)}
    events = trace.events
    for (process, written), number in number_of.items():
        threads = [(process, native) for native in natives.get(written, ())]
        found = [number_of[thread] for thread in threads if thread in number_of]
        if found:
            events = _moved(events, number, found)
    return trace if events is trace.events else replace(trace, events=events)


def _moved(events: Events, written: int, natives: list[int]) -> Events:
    """The events with the launches of one thread on its native thread.

    Of several native threads, which had the same pthread id one after the other, a launch belongs to the
    one whose first range began last before it.
    """
    launches = events.of(Kind.RUNTIME)
    launches = launches[events.thread[launches] == written]
    begun = np.array([_first_range(events, native) for native in natives])
    order = np.argsort(begun)
    place = np.searchsorted(begun[order], events.ts[launches], side="right") - 1
    thread = events.thread.copy()
    thread[launches] = np.array(natives)[order][np.maximum(place, 0)]
    return replace(events, thread=thread)


def _first_range(events: Events, thread: int) -> int:
    ranges: Ints = events.of(Kind.RANGE, Kind.ANNOTATION)
    return int(events.ts[ranges[events.thread[ranges] == thread]].min(initial=_NEVER))
