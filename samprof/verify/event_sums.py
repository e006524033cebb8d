"""The time in a trace file, added up from its JSON alone, without samprof's reader.

On a device: the sum of the durations of all kernels, copies and fills. Without one: the time that ops
and ranges cover on their threads. Times are converted exactly, as decimals.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

_DEVICE = {"kernel", "gpu_memcpy", "gpu_memset"}


def events_ns(path: Path) -> int:
    """All time in a trace file."""
    packed = path.read_bytes()
    text = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    events = [one for one in msgspec.json.decode(text, type=_File).events if one.ph == "X"]
    device = [one for one in events if str(one.cat).lower() in _DEVICE]
    if device:
        return sum(_ns(one.dur) for one in device)
    threads: dict[Any, list[tuple[int, int]]] = defaultdict(list)
    for one in events:
        if one.cat == "cpu_op" or str(one.name).startswith("samprof:"):
            start = _ns(one.ts)
            threads[one.pid, one.tid].append((start, start + _ns(one.dur)))
    return sum(_covered(sorted(spans)) for spans in threads.values())


class _Event(msgspec.Struct):
    """What the sums need to know about an event."""

    ph: Any = ""
    cat: Any = ""
    name: Any = ""
    pid: Any = 0
    tid: Any = 0
    ts: Decimal = Decimal(0)
    dur: Decimal = Decimal(0)


class _File(msgspec.Struct):
    """A trace file."""

    events: list[_Event] = msgspec.field(name="traceEvents")


def _ns(microseconds: Decimal) -> int:
    return int(microseconds * 1000)


def _covered(spans: list[tuple[int, int]]) -> int:
    """The length of the union of sorted intervals."""
    covered, reached = 0, spans[0][0]
    for start, end in spans:
        covered += max(end - max(start, reached), 0)
        reached = max(reached, end)
    return covered
