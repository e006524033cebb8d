"""Pieces of JSON events to columns: msgspec structs, names interned, times from their digits."""

import json
from collections import Counter
from itertools import compress
from typing import Any

import msgspec
import numpy as np

from samprof.trace.events import (
    ABSENT,
    MODULE_PREFIX,
    RANGE_PREFIX,
    Events,
    Kind,
    MemoryEvents,
)
from samprof.trace.times import nanoseconds

_MEMORY = 11
_KIND_OF_CATEGORY = {
    "cpu_op": Kind.OP,
    "operator": Kind.OP,
    "user_annotation": Kind.ANNOTATION,
    "python_function": Kind.MODULE,
    "kernel": Kind.KERNEL,
    "concurrent_kernel": Kind.KERNEL,
    "mtia_ccp_events": Kind.KERNEL,
    "hpu_op": Kind.KERNEL,
    "gpu_memcpy": Kind.MEMCPY,
    "memcpy": Kind.MEMCPY,
    "gpu_memset": Kind.MEMSET,
    "memset": Kind.MEMSET,
}
_MAYBE_RANGE = (Kind.OP, Kind.ANNOTATION)
_CPU_DEVICE_TYPE = 0


class _Args(msgspec.Struct, gc=False):
    correlation: int | None = None
    device: Any = None
    stream: Any = None
    sequence: int | None = msgspec.field(name="Sequence number", default=None)
    forward_thread: int | None = msgspec.field(name="Fwd thread id", default=None)
    size: int = msgspec.field(name="Bytes", default=0)
    total: int = msgspec.field(name="Total Allocated", default=0)
    device_type: int = msgspec.field(name="Device Type", default=_CPU_DEVICE_TYPE)
    device_id: int = msgspec.field(name="Device Id", default=-1)


class _Event(msgspec.Struct, gc=False):
    ph: str = ""
    cat: str | None = None
    name: str = ""
    pid: Any = None
    tid: Any = None
    ts: msgspec.Raw = msgspec.Raw(b"")
    dur: msgspec.Raw = msgspec.Raw(b"")
    id: Any = None
    args: _Args | None = None


_NO_ARGS = _Args()


class Decoder:
    """Gathers the events of one trace; `events()` and `memory()` give them as columns."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.threads: dict[tuple[str, str], int] = {}
        self.passed_over: Counter[str] = Counter()
        self._decode = msgspec.json.Decoder(list[_Event]).decode
        self._decode_one = msgspec.json.Decoder(_Event).decode
        self._kinds: dict[tuple[str, str | None], int] = {}
        self._thread_of: dict[tuple[Any, Any], int] = {}
        self._events: list[Events] = []
        self._memory: list[MemoryEvents] = []

    def decode(self, piece: bytes) -> None:
        """Takes a JSON list of events.

        Raises:
            ValueError: the list is not valid JSON, or an event is not of the usual form; nothing
                of it has been taken then.
        """
        self._take(self._decode(piece))

    def salvage(self, elements: list[bytes]) -> None:
        """Takes the elements of a list that `decode` refused, one by one, counting the hopeless."""
        events = []
        for element in elements:
            try:
                events.append(self._decode_one(element))
            except ValueError:
                event = _lenient_event(element)
                if event is None:
                    self.passed_over["not an event"] += 1
                else:
                    events.append(event)
        self._take(events)

    def events(self) -> Events:
        """All events taken so far."""
        return Events.concatenate([*self._events, self._columns([], [])])

    def memory(self) -> MemoryEvents:
        """All allocator events taken so far."""
        return MemoryEvents.concatenate([*self._memory, self._memory_columns([])])

    def _take(self, events: list[_Event]) -> None:
        kinds = [self._kind(event) for event in events]
        memory = [e for e, kind in zip(events, kinds, strict=True) if kind == _MEMORY]
        if memory:
            self._memory.append(self._memory_columns(memory))
        wanted = [0 < kind < _MEMORY for kind in kinds]
        self._events.append(
            self._columns(list(compress(events, wanted)), list(compress(kinds, wanted)))
        )

    def _kind(self, event: _Event) -> int:
        key = (event.ph, event.cat)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = _classify(event.ph, event.cat)
        if kind in _MAYBE_RANGE and event.name.startswith(RANGE_PREFIX):
            return Kind.RANGE
        if kind == Kind.MODULE and not event.name.startswith(MODULE_PREFIX):
            return 0
        if kind == _MEMORY and event.name != "[memory]":
            return 0
        return kind

    def _columns(self, events: list[_Event], kinds: list[int]) -> Events:
        ts, has_time = nanoseconds([bytes(e.ts) for e in events])
        dur = self._durations(events, kinds)
        if not has_time.all():
            self.passed_over["without a time"] += int((~has_time).sum())
        args = [e.args or _NO_ARGS for e in events]
        names = self.names
        columns = Events(
            kind=np.array(kinds, np.int8),
            name=np.array([names.setdefault(e.name, len(names)) for e in events], np.int32),
            thread=np.array([self._thread(e) for e in events], np.int32),
            ts=ts,
            dur=dur,
            link=_int64(
                [
                    _integer(e.id) if kind >= Kind.FLOW_FORWARD else a.correlation
                    for e, a, kind in zip(events, args, kinds, strict=True)
                ]
            ),
            device=_int32([_device(e, a, k) for e, a, k in zip(events, args, kinds, strict=True)]),
            stream=_int32([_stream(e, a, k) for e, a, k in zip(events, args, kinds, strict=True)]),
            sequence=_int64([a.sequence for a in args]),
            forward_thread=_int64([a.forward_thread for a in args]),
        )
        return columns.take(has_time) if not has_time.all() else columns

    def _durations(self, events: list[_Event], kinds: list[int]) -> np.ndarray[Any, Any]:
        dur, valid = nanoseconds([bytes(e.dur) for e in events])
        lasting = np.array(kinds, np.int8) < Kind.FLOW_FORWARD
        if not valid[lasting].all():
            self.passed_over["without a duration, taken as 0"] += int((~valid[lasting]).sum())
        if (dur < 0).any():
            self.passed_over["with a negative duration, taken as 0"] += int((dur < 0).sum())
        return np.maximum(dur, 0)

    def _memory_columns(self, events: list[_Event]) -> MemoryEvents:
        ts, valid = nanoseconds([bytes(e.ts) for e in events])
        args = [e.args or _NO_ARGS for e in events]
        on_host = [a.device_type == _CPU_DEVICE_TYPE for a in args]
        device = [-1 if host else a.device_id for a, host in zip(args, on_host, strict=True)]
        columns = MemoryEvents(
            thread=np.array([self._thread(e) for e in events], np.int32),
            ts=ts,
            size=np.array([a.size for a in args], np.int64),
            total=np.array([a.total for a in args], np.int64),
            device=np.array(device, np.int32),
        )
        return columns.take(valid)

    def _thread(self, event: _Event) -> int:
        try:
            return self._thread_of[event.pid, event.tid]
        except KeyError:
            key = (str(event.pid), str(event.tid))
            thread = self.threads.setdefault(key, len(self.threads))
            self._thread_of[event.pid, event.tid] = thread
            return thread
        except TypeError:  # a list or object where an id belongs
            key = (str(event.pid), str(event.tid))
            return self.threads.setdefault(key, len(self.threads))


def _classify(phase: str, category: str | None) -> int:
    name = (category or "").lower()
    if phase == "X":
        if "runtime" in name or "driver" in name:
            return Kind.RUNTIME
        return _KIND_OF_CATEGORY.get(name, 0)
    if name in ("fwdbwd", "forward_backward"):
        return {"s": Kind.FLOW_FORWARD, "f": Kind.FLOW_BACKWARD}.get(phase, 0)
    return _MEMORY if phase == "i" and name == "cpu_instant_event" else 0


def _device(event: _Event, args: _Args, kind: int) -> int | None:
    if not Kind.KERNEL <= kind <= Kind.MEMSET:
        return None
    device = _integer(args.device)
    return device if device is not None else _integer(event.pid)


def _stream(event: _Event, args: _Args, kind: int) -> int | None:
    if not Kind.KERNEL <= kind <= Kind.MEMSET:
        return None
    stream = _integer(args.stream)
    return stream if stream is not None else _integer(event.tid)


def _integer(value: object) -> int | None:
    """The integer that a JSON value stands for, `"stream 7"` and `7.0` included."""
    if isinstance(value, str):
        value = value.rsplit(" ", maxsplit=1)[-1]
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return None
    return int(number) if abs(number) < 2**63 else None


def _int64(values: list[int | None]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([ABSENT if value is None else value for value in values], np.int64)


def _int32(values: list[int | None]) -> np.ndarray[Any, np.dtype[np.int32]]:
    small = [-1 if value is None or abs(value) >= 2**31 else value for value in values]
    return np.array(small, np.int32)


def _lenient_event(element: bytes) -> _Event | None:
    """An event with control characters, broken UTF-8 or values of an odd type; None if none."""
    text = element.decode("utf-8", "replace")
    try:
        raw = json.loads(text, strict=False, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    args = raw.get("args")
    args = args if isinstance(args, dict) else {}
    return _Event(
        ph=str(raw.get("ph", "")),
        cat=str(raw["cat"]) if raw.get("cat") is not None else None,
        name=str(raw.get("name", "")),
        pid=raw.get("pid"),
        tid=raw.get("tid"),
        ts=msgspec.Raw(_digits(raw.get("ts"))),
        dur=msgspec.Raw(_digits(raw.get("dur"))),
        id=raw.get("id"),
        args=_Args(
            correlation=_integer(args.get("correlation")),
            device=args.get("device"),
            stream=args.get("stream"),
            sequence=_integer(args.get("Sequence number")),
            forward_thread=_integer(args.get("Fwd thread id")),
            size=_integer(args.get("Bytes")) or 0,
            total=_integer(args.get("Total Allocated")) or 0,
            device_type=_integer(args.get("Device Type")) or _CPU_DEVICE_TYPE,
            device_id=_integer(args.get("Device Id")) or 0,
        ),
    )


def _digits(value: object) -> bytes:
    return str(value).encode() if isinstance(value, int | str) else b""
