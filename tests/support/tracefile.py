"""Hand-made Kineto traces: events in integer nanoseconds in, a trace file out.

Times are written as microseconds in decimal text made from the integer, so no float is ever
between the number in a test and the text in the file.
"""

import gzip
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Layout = Literal["one-line", "event-lines", "indented"]
TimeText = Literal["decimals", "shortest", "integer"]
Event = dict[str, Any]

_NS_MARK = re.compile(r'"@ns:(-?\d+)@"')


def microseconds(ns: int, text: TimeText) -> str:
    """The text of a time in microseconds: `1500` ns is `1.500`, `1.5`, or an error for integers."""
    sign, (whole, rest) = "-" if ns < 0 else "", divmod(abs(ns), 1000)
    if text == "integer":
        if rest:
            raise ValueError(f"{ns} ns is no whole number of microseconds")
        return f"{sign}{whole}"
    decimals = f"{rest:03d}"
    if text == "shortest":
        decimals = decimals.rstrip("0") or "0"
    return f"{sign}{whole}.{decimals}"


@dataclass
class TraceFile:
    """Events as Kineto writes them; `ts` and `dur` stay integer nanoseconds until `write`."""

    pid: int = 100
    events: list[Event] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=lambda: {"schemaVersion": 1})

    def event(
        self,
        cat: str | None,
        name: str,
        ts: int,
        dur: int,
        *,
        pid: int | str | None = None,
        tid: int | str = 1,
        ph: str = "X",
        args: dict[str, Any] | None = None,
    ) -> Event:
        """Any event with a duration; the methods below are the usual ones."""
        event: Event = {"ph": ph, "name": name, "pid": self.pid if pid is None else pid, "tid": tid}
        if cat is not None:
            event["cat"] = cat
        event |= {"ts": ts, "dur": dur, "args": args or {}}
        self.events.append(event)
        return event

    def op(
        self,
        name: str,
        ts: int,
        dur: int,
        thread: int | str = 1,
        *,
        cat: str = "cpu_op",
        sequence: int | None = None,
        forward_thread: int | None = None,
        **args: Any,
    ) -> Event:
        """An operator; `sequence` and `forward_thread` are autograd's numbers."""
        if sequence is not None:
            args["Sequence number"] = sequence
        if forward_thread is not None:
            args["Fwd thread id"] = forward_thread
        return self.event(cat, name, ts, dur, tid=thread, args=args)

    def range(
        self, name: str, ts: int, dur: int, thread: int | str = 1, *, cat: str = "cpu_op"
    ) -> Event:
        """A range that samprof entered."""
        return self.event(cat, f"samprof:{name}", ts, dur, tid=thread)

    def annotation(self, name: str, ts: int, dur: int, thread: int | str = 1) -> Event:
        """A user annotation (`record_function`)."""
        return self.event("user_annotation", name, ts, dur, tid=thread)

    def step(self, number: int, ts: int, dur: int, thread: int | str = 1) -> Event:
        """A profiler step."""
        return self.annotation(f"ProfilerStep#{number}", ts, dur, thread)

    def module(self, name: str, ts: int, dur: int, thread: int | str = 1) -> Event:
        """An nn.Module event of a Python stack trace."""
        return self.event("python_function", f"nn.Module: {name}", ts, dur, tid=thread)

    def launch(
        self,
        correlation: int,
        ts: int,
        dur: int = 1,
        thread: int | str = 1,
        *,
        name: str = "cudaLaunchKernel",
        cat: str = "cuda_runtime",
    ) -> Event:
        """A call of the runtime or of the driver."""
        return self.event(cat, name, ts, dur, tid=thread, args={"correlation": correlation})

    def kernel(
        self,
        correlation: int,
        ts: int,
        dur: int,
        *,
        name: str = "gemm",
        stream: int = 7,
        device: int = 0,
        cat: str = "kernel",
    ) -> Event:
        """A device activity; as in Kineto its process is the device, its thread the stream."""
        args = {"device": device, "stream": stream, "correlation": correlation}
        return self.event(cat, name, ts, dur, pid=device, tid=stream, args=args)

    def gpu_annotation(self, name: str, ts: int, dur: int, *, stream: int = 7) -> Event:
        """The shadow of a user annotation on the device."""
        return self.event("gpu_user_annotation", name, ts, dur, pid=0, tid=stream)

    def memory(self, ts: int, num_bytes: int, total: int, *, device: int = 0) -> Event:
        """An allocation (`num_bytes` above 0) or a release on the device."""
        args = {
            "Total Reserved": total,
            "Total Allocated": total,
            "Bytes": num_bytes,
            "Addr": 4096,
            "Device Id": device,
            "Device Type": 1,
        }
        event = self.event("cpu_instant_event", "[memory]", ts, 0, ph="i", args=args)
        del event["dur"]
        event["s"] = "t"
        return event

    def flow(
        self,
        flow_id: int,
        *,
        forward: tuple[int, int | str] | None = None,
        backward: tuple[int, int | str] | None = None,
    ) -> None:
        """A forward-backward link from `(ts, thread)` to `(ts, thread)`; one end may be missing."""
        for ph, end in (("s", forward), ("f", backward)):
            if end is not None:
                ts, thread = end
                event = self.event("fwdbwd", "fwdbwd", ts, 0, tid=thread, ph=ph)
                del event["dur"], event["args"]
                event["id"] = flow_id
                if ph == "f":
                    event["bp"] = "e"

    def write(
        self,
        path: Path,
        *,
        layout: Layout = "event-lines",
        times: TimeText = "decimals",
        shift: int = 0,
        base: int | None = None,
        metadata_first: bool = False,
    ) -> Path:
        """Writes the trace, gzipped where the name ends in `.gz`, and returns the path.

        Args:
            path: The file to write.
            layout: Everything on one line, one line an event, or indented.
            times: Always three decimals, as few as needed, or whole microseconds.
            shift: Nanoseconds added to every `ts`.
            base: `baseTimeNanoseconds`, which the times are then relative to.
            metadata_first: The other keys before the events; Kineto writes most of them after.
        """
        events = [_marked(event, shift) for event in self.events]
        metadata = self.metadata if base is None else {**self.metadata, "baseTimeNanoseconds": base}
        body: dict[str, Any] = {"traceEvents": events}
        whole = {**metadata, **body} if metadata_first else {**body, **metadata}
        if layout == "event-lines":
            text = _with_a_line_an_event(whole)
        else:
            text = json.dumps(whole, indent=2 if layout == "indented" else None)
        data = _NS_MARK.sub(lambda mark: microseconds(int(mark[1]), times), text).encode()
        path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
        return path


def _marked(event: Event, shift: int) -> Event:
    marked = {**event, "ts": f"@ns:{event['ts'] + shift}@"}
    if "dur" in event:
        marked["dur"] = f"@ns:{event['dur']}@"
    return marked


def _with_a_line_an_event(whole: dict[str, Any]) -> str:
    parts = []
    for key, value in whole.items():
        if key == "traceEvents":
            value = "[\n" + ",\n".join(json.dumps(event) for event in value) + "\n]"
        else:
            value = json.dumps(value)
        parts.append(f"{json.dumps(key)}: {value}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
