"""From a moment in the backward to the forward op that it comes from."""

import numpy as np

from samprof.trace.model.events import ABSENT, Events, Ints, Kind, SmallInts
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.outwards import climb, wider_of


def forwards_of(
    events: Events,
    threads: tuple[tuple[str, str], ...],
    ops: Nesting,
    op: Ints,
    thread: SmallInts,
    time: Ints,
) -> Ints:
    """The row of the event in the forward that each moment leads back to; -1 for none.

    A moment leads through the innermost op around it that is linked to a forward op: by torch's flow of
    events, else by its sequence number and the thread of the forward.

    Args:
        events: the trace's events.
        threads: the trace's threads.
        ops: all ops, nested.
        op: the innermost op at each moment, index into `ops`; -1 for none.
        thread: the thread of each moment.
        time: each moment, in nanoseconds.
    """
    row = np.full(len(op), -1, np.int64)
    if not len(op):  # most traces have no backward
        return row
    link = _flow_links(events, ops)
    link = np.where(link >= 0, link, _sequence_links(events, threads, ops))
    leading = np.flatnonzero(link >= 0)
    thread_of, end = ops.thread[leading], ops.end[leading]
    before = np.searchsorted(leading, op, side="right") - 1
    known = before >= 0
    known[known] = thread_of[before[known]] == thread[known]
    # The op itself counts even if it takes no time.
    itself = known.copy()
    itself[known] = leading[before[known]] == op[known]
    around = climb(np.where(known, before, -1), time, end, wider_of(thread_of, end))
    found = np.where(itself, before, around)
    linked = found >= 0
    row[linked] = link[leading[found[linked]]]
    return row


def _flow_links(events: Events, ops: Nesting) -> Ints:
    """For each op the row of the event (flow start) that its fwdbwd flow comes from; -1 if none."""
    link = np.full(len(ops.rows), -1, np.int64)
    starts = events.of(Kind.FLOW_FORWARD, Kind.FLOW_FORWARD.held)
    ends = events.of(Kind.FLOW_BACKWARD, Kind.FLOW_BACKWARD.held)
    if not len(starts) or not len(ends):
        return link
    starts = starts[np.lexsort((events.thread[starts], events.ts[starts], events.link[starts]))]
    place = np.searchsorted(events.link[starts], events.link[ends])
    source = starts[np.minimum(place, len(starts) - 1)]
    known = (events.link[source] == events.link[ends]) & (events.link[ends] != ABSENT)
    ends, source = ends[known], source[known]
    target = ops.innermost(events.thread[ends], events.ts[ends])
    # Of several flows into one op, the one that started last counts.
    order = np.lexsort((events.ts[source],))
    order = order[target[order] >= 0]
    link[target[order]] = source[order]
    return link


def _sequence_links(events: Events, threads: tuple[tuple[str, str], ...], ops: Nesting) -> Ints:
    """For each backward op the row of its forward op by sequence number and thread; else -1.

    Sequence numbers are counted per thread, so the number alone would be a guess: the forward
    thread's id must be a thread of the file. Every op gets the next number until one uses it up:
    the last op before the backward is the one that did.
    """
    link = np.full(len(ops.rows), -1, np.int64)
    sequence, forward_thread = events.sequence[ops.rows], events.forward_thread[ops.rows]
    numbered = sequence != ABSENT
    is_backward = numbered & (forward_thread != ABSENT) & (forward_thread != 0)
    forward = np.flatnonzero(numbered & ~is_backward)
    backward = np.flatnonzero(is_backward)
    origin = _threads_by_id(threads, ops.thread[backward], forward_thread[backward])
    backward, origin = backward[origin >= 0], origin[origin >= 0]
    # Sorted together, each backward op comes right after the forward ops of its number and thread
    # that started before it.
    op = np.concatenate([backward, forward])
    thread = np.concatenate([origin, ops.thread[forward]])
    is_forward = np.arange(len(op)) >= len(backward)
    order = np.lexsort((is_forward, ops.start[op], thread, sequence[op]))
    op, thread, is_forward = op[order], thread[order], is_forward[order]
    latest = np.maximum.accumulate(np.where(is_forward, np.arange(len(op)), -1))
    same = ~is_forward & (latest >= 0)
    same &= (sequence[op] == sequence[op[latest]]) & (thread == thread[latest])
    link[op[same]] = ops.rows[op[latest[same]]]
    return link


def _threads_by_id(threads: tuple[tuple[str, str], ...], thread: SmallInts, number: Ints) -> Ints:
    """The thread of the same process whose id is `number`; -1 where the file has none."""
    index = {key: place for place, key in enumerate(threads)}
    pairs, which = np.unique(np.stack([thread, number]), axis=1, return_inverse=True)
    found = [index.get((threads[own][0], str(other)), -1) for own, other in pairs.T.tolist()]
    return np.array(found, np.int64)[which.ravel()]
