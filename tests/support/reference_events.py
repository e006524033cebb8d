"""The events of a trace for the slow attribution: stdlib JSON and Decimal, nothing of the package.

It takes well-formed traces only: every time is a whole number of nanoseconds.
"""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

By = Literal["samprof", "module", "annotation", "op"]
Phase = Literal["forward", "backward"]
Thread = tuple[Any, str]

OUTSIDE = "(outside)"
NO_LAUNCH = "(no launch)"
SAMPROF = "samprof:"
MODULE = "nn.Module: "


@dataclass(eq=False)
class Span:
    """Something with a start and an end on a thread: an op, a range or a launch."""

    name: str
    thread: Thread
    start: int
    end: int
    args: dict[str, Any]
    parent: "Span | None" = None
    path: str = ""
    cpu_self: int = 0

    @property
    def rank(self) -> tuple[int, int, str]:
        """Outer before inner: the start, the longest first, then the name."""
        return (self.start, -self.end, self.name)

    def holds(self, t: int) -> bool:
        return self.start <= t < self.end

    def lineage(self) -> Iterator["Span"]:
        """Itself, then its parents."""
        span: Span | None = self
        while span is not None:
            yield span
            span = span.parent


@dataclass(eq=False)
class Activity:
    """A device activity and what the rules make of it."""

    name: str
    start: int
    duration: int
    device: Any
    stream: Any
    correlation: Any
    launch: Span | None = None
    op: str | None = None
    range: Span | None = None
    phase: Phase = "forward"

    @property
    def owner(self) -> str:
        """The owner's path."""
        if self.range is not None:
            return self.range.path
        return NO_LAUNCH if self.launch is None else OUTSIDE

    @property
    def own_name(self) -> str:
        """The owner's last name, without its path."""
        return self.owner if self.range is None else self.range.name

    @property
    def owner_paths(self) -> set[str]:
        """Every path that this activity is inside of."""
        if self.range is None:
            return {self.owner}
        return {span.path for span in self.range.lineage()}


@dataclass
class Events:
    """The events of a trace, sorted into what the rules speak of."""

    activities: list[Activity] = field(default_factory=list)
    launches: dict[Any, list[Span]] = field(default_factory=lambda: defaultdict(list))
    ops: list[Span] = field(default_factory=list)
    ranges: dict[By, list[Span]] = field(default_factory=lambda: defaultdict(list))
    forward_ends: dict[Any, tuple[Thread, int]] = field(default_factory=dict)
    backward_ends: list[tuple[Thread, int, Any]] = field(default_factory=list)


def nanoseconds(microseconds: Any) -> int:
    """The integer nanoseconds of a JSON number of microseconds (int, or Decimal by `read`)."""
    ns = Decimal(microseconds) * 1000
    if ns != ns.to_integral_value():
        raise ValueError(f"{microseconds} us is no whole number of ns")
    return int(ns)


def read(path: Path) -> Events:
    """The events of a trace file, times in nanoseconds as they stand in the file."""
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    events = Events()
    for event in json.loads(text, parse_float=Decimal)["traceEvents"]:
        sort_into(events, event)
    return events


def sort_into(events: Events, event: dict[str, Any]) -> None:
    """Adds one event to what the rules speak of, or nothing."""
    category = str(event.get("cat", "")).lower()
    args = event.get("args") or {}
    thread = (event.get("pid"), str(event.get("tid")))
    if category == "fwdbwd" and event.get("ph") == "s":
        events.forward_ends[event["id"]] = (thread, nanoseconds(event["ts"]))
    elif category == "fwdbwd" and event.get("ph") == "f":
        events.backward_ends.append((thread, nanoseconds(event["ts"]), event["id"]))
    if event.get("ph") != "X":
        return
    name, start = str(event.get("name", "")), nanoseconds(event["ts"])
    duration = nanoseconds(event["dur"])

    def span(own_name: str) -> Span:
        return Span(own_name, thread, start, start + duration, args)

    if category in {"kernel", "gpu_memcpy", "gpu_memset", "memcpy", "memset"}:
        device, stream = args.get("device", thread[0]), args.get("stream", event.get("tid"))
        correlation = args.get("correlation")
        activity = Activity(name, start, duration, device, stream, correlation)
        events.activities.append(activity)
    elif category == "gpu_user_annotation":
        return
    elif "runtime" in category or "driver" in category:
        events.launches[args.get("correlation")].append(span(name))
    elif name.startswith(SAMPROF):
        events.ranges["samprof"].append(span(name.removeprefix(SAMPROF)))
    elif category in {"cpu_op", "operator"}:
        events.ops.append(span(name))
        events.ranges["op"].append(span(name))
    elif category == "user_annotation":
        events.ranges["annotation"].append(span(name))
    elif category == "python_function" and name.startswith(MODULE):
        events.ranges["module"].append(span(name.removeprefix(MODULE)))
