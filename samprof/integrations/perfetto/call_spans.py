"""Where each call of a range ran on the device: from its first kernel to its last, per stream."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samprof.trace import Trace
from samprof.trace.model.events import Ints
from samprof.trace.model.ranges import By
from samprof.trace.model.sums import grouped_sum


@dataclass(frozen=True, slots=True)
class CallSpans:
    """One row per call, device, stream and phase.

    Attributes:
        interval: the call, as a row of the ranges' nesting.
        device, stream: where its kernels ran; -1 where the file does not say.
        backward: 1 for kernels of its backward pass, else 0.
        start, end: from the start of the first of its kernels to the end of the last, in ns.
        kernels, kernel_ns: how many, and their summed durations.
    """

    interval: Ints
    device: Ints
    stream: Ints
    backward: Ints
    start: Ints
    end: Ints
    kernels: Ints
    kernel_ns: Ints


def call_spans(trace: Trace, by: By) -> CallSpans:
    """The spans of all calls that own kernels, or hold a call that does."""
    events, owners, parent = trace.events, trace.owners(by), trace.ranges(by).nesting.parent
    owned = np.flatnonzero(owners.interval >= 0)
    row = trace.launches().activity[owned]
    keys = np.stack(
        [events.device[row], events.stream[row], owners.backward[owned]], axis=1, dtype=np.int64
    )
    # Each kernel once for its owner, and once for every call around that.
    current, inside = owners.interval[owned].astype(np.int64), np.arange(len(owned))
    found = []
    while len(inside):
        found.append(np.concatenate([current[:, None], keys[inside], inside[:, None]], axis=1))
        above = parent[current].astype(np.int64)
        current, inside = above[above >= 0], inside[above >= 0]
    table = np.concatenate(found) if found else np.zeros((0, 5), np.int64)
    key, group = np.unique(table[:, :4], axis=0, return_inverse=True)
    group, kernel = group.ravel(), row[table[:, 4]]
    start = np.full(len(key), np.iinfo(np.int64).max)
    end = np.full(len(key), np.iinfo(np.int64).min)
    np.minimum.at(start, group, events.ts[kernel])
    np.maximum.at(end, group, events.ts[kernel] + events.dur[kernel])
    kernels = np.bincount(group, minlength=len(key))
    kernel_ns = grouped_sum(len(key), group, events.dur[kernel])
    interval, device, stream, backward = key.T
    return CallSpans(interval, device, stream, backward, start, end, kernels, kernel_ns)
