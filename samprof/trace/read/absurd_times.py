"""Times that no recording can have: with them, sums and distances would not fit into 64 bits."""

import numpy as np

from samprof.trace.model.events import Events, Mask

_FITS_NS = 2.0**62
_FAR_NS = 2**60
_FAR = "36 years and more from the others"
_LONG = "too long to add up with the others"


def without_absurd_times(events: Events) -> tuple[Events, list[str]]:
    """The events whose times and durations add up in 64 bits, and a note on each kind of the others.

    As few as possible are left out: those far from the median, then the longest, equal ones together.
    """
    if times_add_up(events):
        return events, []
    middle = int(np.partition(events.ts, len(events) // 2)[len(events) // 2])
    near = (events.ts > middle - _FAR_NS) & (events.ts < middle + _FAR_NS)
    lasting = np.sort(events.dur[near])
    fits = int(np.searchsorted(np.cumsum(lasting, dtype=np.float64), _FAR_NS))
    short = near & (events.dur < lasting[fits]) if fits < len(lasting) else near
    notes = [*_note(~near, _FAR), *_note(near & ~short, _LONG)]
    return events.take(short), notes


def times_add_up(events: Events) -> bool:
    """Whether all sums and distances of the times fit into 64 bits."""
    if not len(events):
        return True
    apart = float(events.ts.max()) - float(events.ts.min())
    return apart + float(events.dur.sum(dtype=np.float64)) < _FITS_NS


def _note(which: Mask, reason: str) -> list[str]:
    count = int(which.sum())
    return [f"{count} event{'s' if count > 1 else ''} {reason}"] if count else []
