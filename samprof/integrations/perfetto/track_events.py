"""Tracks as events of a Chrome trace: a process per device, a thread per track, `X` per slice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from samprof.integrations.perfetto.cut import TRACK_CATEGORY
from samprof.integrations.perfetto.device_tracks import Slice, Track
from samprof.trace.model.events import RANGE_PREFIX
from samprof.units import microseconds_text

HIGHEST_PROCESS = 5_000_000
"""Systems give no higher process ids; Kineto sorts the devices from here on."""


def track_events(
    tracks: Sequence[Track], first_process: int, sort_index: Mapping[str, int]
) -> Iterator[bytes]:
    """The events of the tracks: names of processes and threads first, outer slices before inner ones.

    Args:
        tracks: sorted by device.
        first_process: no process of the trace has this id or a higher one.
        sort_index: process id of a device -> its place in the viewer.
    """
    devices = groupby(tracks, key=lambda track: track.device)
    for process, (device, group) in enumerate(devices, first_process):
        of_device = list(group)
        start = min(track.slices[0].start_ns for track in of_device)
        beside = sort_index.get(str(device), HIGHEST_PROCESS + max(device, 0))
        name = f"GPU {device} layers" if device >= 0 else "device layers"
        yield _metadata(start, "process_name", process, 0, name=name)
        yield _metadata(start, "process_labels", process, 0, labels="samprof")
        yield _metadata(start, "process_sort_index", process, 0, sort_index=beside)
        for number, track in enumerate(of_device, 1):
            name = _track_name(track, of_device)
            yield _metadata(start, "thread_name", process, number, name=name)
            yield _metadata(start, "thread_sort_index", process, number, sort_index=number)
            for one in track.slices:
                yield _slice(one, process, number)


def event_text(event: Mapping[str, Any], ts_ns: int, dur_ns: int | None = None) -> bytes:
    """An event in JSON with its times in microseconds, exact to the nanosecond.

    Example:
        >>> event_text({"ph": "X", "name": "a"}, -1500, 7)
        b'{"ph": "X", "name": "a", "ts": -1.500, "dur": 0.007}'
    """
    times = f'"ts": {microseconds_text(ts_ns)}'
    if dur_ns is not None:
        times += f', "dur": {microseconds_text(dur_ns)}'
    return f"{json.dumps(event)[:-1]}, {times}}}".encode()


def _slice(one: Slice, process: int, thread: int) -> bytes:
    # No stream, device or correlation among the arguments: readers would take it for device activity.
    args: dict[str, Any] = {"path": one.path, "kernels": one.kernels, "kernel_ns": one.kernel_ns}
    args |= {key: getattr(one, key) for key in ("type", "role") if getattr(one, key)}
    args["phase"] = one.phase
    # samprof would read a name with the prefix of its ranges as a range.
    name = f"({one.name})" if one.name.startswith(RANGE_PREFIX) else one.name
    event = {"ph": "X", "cat": TRACK_CATEGORY, "name": name, "pid": process, "tid": thread}
    return event_text({**event, "args": args}, one.start_ns, one.end_ns - one.start_ns)


def _metadata(ts_ns: int, what: str, process: int, thread: int, **args: object) -> bytes:
    event = {"ph": "M", "cat": TRACK_CATEGORY, "name": what, "pid": process, "tid": thread}
    return event_text({**event, "args": args}, ts_ns)


def _track_name(track: Track, of_device: Sequence[Track]) -> str:
    """A name that no other track of its device has."""
    name = f"layers on stream {track.stream}" if track.stream >= 0 else "layers"
    if len({other.thread for other in of_device}) > 1:
        name += f", thread {track.thread[1]}"
    return name + (f" (spare {track.spare})" if track.spare else "")
