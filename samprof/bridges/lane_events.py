"""Lanes as events of a Chrome trace: a process a device, a thread a track, a slice an `X` event."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from samprof.bridges.cut import LANE_CATEGORY
from samprof.bridges.device_lanes import Slice, Track
from samprof.trace.events import RANGE_PREFIX
from samprof.units import microseconds_text

HIGHEST_PROCESS = 5_000_000
"""Systems give no higher process ids; Kineto sorts the devices from here on."""


def lane_events(
    tracks: Sequence[Track], first_process: int, sort_index: Mapping[str, int]
) -> Iterator[bytes]:
    """The events of the tracks, outer slices before inner ones, names of processes and threads first.

    Args:
        tracks: sorted by device.
        first_process: an id from which on no process is known.
        sort_index: process id of a device -> where it is shown.
    """
    devices = groupby(tracks, key=lambda track: track.device)
    for process, (device, of_device) in enumerate(devices, first_process):
        lanes = list(of_device)
        start = min(track.slices[0].start_ns for track in lanes)
        beside = sort_index.get(str(device), HIGHEST_PROCESS + max(device, 0))
        name = f"GPU {device} layers" if device >= 0 else "device layers"
        yield _named(start, "process_name", process, 0, name=name)
        yield _named(start, "process_labels", process, 0, labels="samprof")
        yield _named(start, "process_sort_index", process, 0, sort_index=beside)
        for number, track in enumerate(lanes, 1):
            yield _named(start, "thread_name", process, number, name=_track_name(track, lanes))
            yield _named(start, "thread_sort_index", process, number, sort_index=number)
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
    # A category and arguments that no reader takes for device work: no stream, device or correlation.
    args: dict[str, Any] = {"path": one.path, "kernels": one.kernels, "kernel_ns": one.kernel_ns}
    args |= {key: getattr(one, key) for key in ("type", "role") if getattr(one, key)}
    args["phase"] = one.phase
    # A name that begins as samprof's ranges do would be read as one.
    name = f"({one.name})" if one.name.startswith(RANGE_PREFIX) else one.name
    event = {"ph": "X", "cat": LANE_CATEGORY, "name": name, "pid": process, "tid": thread}
    return event_text({**event, "args": args}, one.start_ns, one.end_ns - one.start_ns)


def _named(ts_ns: int, what: str, process: int, thread: int, **args: object) -> bytes:
    event = {"ph": "M", "cat": LANE_CATEGORY, "name": what, "pid": process, "tid": thread}
    return event_text({**event, "args": args}, ts_ns)


def _track_name(track: Track, lanes: Sequence[Track]) -> str:
    """What tells it from the other lanes of its device."""
    name = f"layers on stream {track.stream}" if track.stream >= 0 else "layers"
    if len({lane.thread for lane in lanes}) > 1:
        name += f", thread {track.thread[1]}"
    return name + (f" (spare {track.spare})" if track.spare else "")
