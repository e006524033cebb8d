"""The tracks of an exported trace, read back with exact times, and what must hold for them."""

import gzip
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from samprof.trace import Trace
from samprof.trace.model.ranges import By

CATEGORY = "samprof_track"
Event = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True)
class Slice:
    """One slice: its name, times in nanoseconds, and arguments."""

    name: str
    start: int
    end: int
    args: dict[str, Any]


def document(path: Path) -> dict[str, Any]:
    """The exported JSON, strictly read, numbers with decimals exact."""
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data

    def refused(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    found: dict[str, Any] = json.loads(text.decode(), parse_float=Decimal, parse_constant=refused)
    return found


def events_of(path: Path) -> list[Event]:
    events: list[Event] = document(path)["traceEvents"]
    return events


def nanoseconds(microseconds: Decimal | int) -> int:
    ns = microseconds * 1000
    assert ns == int(ns)
    return int(ns)


def tracks_of(path: Path) -> dict[Key, list[Slice]]:
    """(Process name, thread name) -> slices in the order of the file."""
    events = [event for event in events_of(path) if event.get("cat") == CATEGORY]
    process = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    thread = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    tracks: dict[Key, list[Slice]] = defaultdict(list)
    assert len(set(thread.values())) == len(thread) or len(process) > 1
    for event in events:
        if event["ph"] == "X":
            assert not {"stream", "device", "correlation"} & set(event["args"])
            start = nanoseconds(event["ts"])
            one = Slice(event["name"], start, start + nanoseconds(event["dur"]), event["args"])
            tracks[process[event["pid"]], thread[event["pid"], event["tid"]]].append(one)
    return dict(tracks)


def assert_nested(tracks: dict[Key, list[Slice]]) -> None:
    """Starts ascend in the file and no slice outlasts the one around it, as viewers demand.

    And the slice around a slice is that of a range around its range, as the rule promises.
    """
    for slices in tracks.values():
        open_: list[Slice] = []
        before = None
        for one in slices:
            assert before is None or before <= one.start
            before = one.start
            while open_ and open_[-1].end <= one.start and not _stands_at_its_end(one, open_[-1]):
                open_.pop()
            if open_:
                assert one.end <= open_[-1].end
                assert _is_below(one.args["path"], open_[-1].args["path"])
                assert one.args["phase"] == open_[-1].args["phase"]
            open_.append(one)


def _stands_at_its_end(one: Slice, other: Slice) -> bool:
    return one.start == one.end == other.end and _is_below(one.args["path"], other.args["path"])


def _is_below(path: str, outer: str) -> bool:
    return path == outer or path.startswith((f"{outer}.", f"{outer} > "))


def assert_of_their_kernels(tracks: dict[Key, list[Slice]], trace: Trace, by: By) -> None:
    """Slices begin and end with kernels of their own, and count each kernel of their range once."""
    table = trace.layers(by).set_index("path")
    starts, ends = set(), set()
    columns = trace.kernels(by)[["owner", "phase", "ts_ns", "dur_ns"]]
    for owner, phase, ts, dur in columns.itertuples(index=False):
        for path in _around(owner):
            starts.add((path, phase, ts))
            ends.add((path, phase, ts + dur))
    held: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in (one for slices in tracks.values() for one in slices):
        path, phase = one.args["path"], one.args["phase"]
        assert (path, phase, one.start) in starts
        assert (path, phase, one.end) in ends
        held[path][0] += one.args["kernels"]
        held[path][1] += one.args["kernel_ns"]
    expected = table[(table["kernels"] > 0) & ~table.index.str.startswith("(")]
    assert {path: tuple(sums) for path, sums in held.items()} == {
        path: (row["kernels"], row["device_total_ns"]) for path, row in expected.iterrows()
    }


def _around(path: str) -> list[str]:
    """The path, and those of the ranges around it."""
    borders = [at.start() for at in re.finditer(r"\.| > ", path)]
    return [path, *(path[:border] for border in borders)]
