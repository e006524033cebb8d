"""Pieces of JSON events to columns: msgspec structs, names interned, times from their digits."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import compress
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np

from samprof.trace.contents import Part
from samprof.trace.events import ABSENT, Events, Ints, Kind, Mask, MemoryEvents, SmallInts
from samprof.trace.formulas import FORMULAS
from samprof.trace.growing import Growing
from samprof.trace.inputs import INPUTS_BORDER
from samprof.trace.json_events import CPU_DEVICE_TYPE, Event, WholeEvent, integer, lenient_event
from samprof.trace.kinds import MEMORY, kind_of
from samprof.trace.times import nanoseconds, whole_nanoseconds

Times = Callable[[list[Any]], tuple[Ints, Mask]]
_MOST_BYTES = 2**50
_LONGEST_INPUTS = 1 << 12
_HEAD = attrgetter("ph", "cat", "name", "pid", "tid")


class Decoder:
    """Gathers the events of one trace, or a part of it, as columns.

    Attributes:
        part: what was gathered so far.
    """

    def __init__(self) -> None:
        self.part = Part(Growing(Events), Growing(MemoryEvents), [], {}, {}, {}, Counter())
        self._decode_whole: Callable[[bytes], list[Any]] = msgspec.json.Decoder(
            list[WholeEvent]
        ).decode
        self._whole_so_far = True
        self._decode = msgspec.json.Decoder(list[Event]).decode
        self._decode_one = msgspec.json.Decoder(Event).decode
        self._heads = _Heads(self.part.names, self.part.threads)

    def begin(self, number: int) -> None:
        """What comes next is of the piece of this number."""
        part = self.part
        part.begun.append((number, len(part.events), len(part.memory)))

    def decode(self, piece: bytes) -> None:
        """Takes a JSON list of events.

        Raises:
            ValueError, RecursionError: the list is not valid JSON, or an event is not of the usual
                form; nothing of it has been taken then.
        """
        if self._whole_so_far:
            try:
                self._take(self._decode_whole(piece), whole_nanoseconds)
                return
            except msgspec.ValidationError:
                self._whole_so_far = False
        self._take(self._decode(piece))

    def salvage(self, elements: Iterable[bytes]) -> None:
        """Takes the elements of a list that `decode` refused, one by one, counting the hopeless."""
        events = []
        for element in elements:
            event = self._salvaged(element)
            if event is None:
                self.part.passed_over["not an event"] += 1
            else:
                events.append(event)
        self._take(events)

    def _salvaged(self, element: bytes) -> Event | None:
        if not element.startswith(b"{"):
            return None
        try:
            return self._decode_one(element)
        except (ValueError, RecursionError):
            return lenient_event(element)

    def _take(self, events: list[Event], read: Times = nanoseconds) -> None:
        """Takes events whose times `read` understands."""
        if not events:
            return
        kind, name, thread = self._heads.columns(events)
        remembered = kind == MEMORY
        if remembered.any():
            self._take_memory(_those(events, remembered), thread[remembered], read)
        wanted = (kind > 0) & ~remembered
        if not wanted.all():
            events, kind = _those(events, wanted), kind[wanted]
            name, thread = name[wanted], thread[wanted]
        ts, dur, timed = self._times(events, kind, read)
        table = Events(
            kind=kind.astype(np.int8),
            name=name,
            thread=thread,
            ts=ts,
            dur=dur,
            inputs=self._inputs(events, kind, name),
            **_particulars(events, kind),
        )
        self.part.events.append(table if timed.all() else table.take(timed))
        self._pass_over("without a time", ~timed)

    def _pass_over(self, reason: str, which: Mask) -> None:
        if which.any():
            self.part.passed_over[reason] += int(which.sum())

    def _times(self, events: list[Event], kind: SmallInts, read: Times) -> tuple[Ints, Ints, Mask]:
        """Starts and durations, and which of the events have a start.

        Flows have no duration; what is missing or negative counts as 0.
        """
        lasting = kind < Kind.FLOW_FORWARD
        texts = [event.ts for event in events]
        texts += [event.dur for event in (events if lasting.all() else _those(events, lasting))]
        times, valid = read(texts)
        count = len(events)
        if not valid.all():
            self._pass_over("without a duration, taken as 0", ~valid[count:])
        dur = np.zeros(count, np.int64)
        dur[lasting] = times[count:]
        if dur.min(initial=0) < 0:
            self._pass_over("with a negative duration, taken as 0", dur < 0)
            dur = np.maximum(dur, 0)
        return times[:count], dur, valid[:count]

    def _inputs(self, events: list[Event], kind: SmallInts, name: SmallInts) -> SmallInts:
        """What the ops with a formula were given, numbered; -1 for all others."""
        number = np.full(len(events), -1, np.int32)
        asked = kind == Kind.OP
        if asked.any():
            asked &= self._heads.has_formula(name)
            known = self.part.inputs
            texts = [
                INPUTS_BORDER.encode().join((args.dims, args.types, args.values))
                for args in (event.args for event in _those(events, asked))
            ]
            number[asked] = [
                known.setdefault(text, len(known)) if 2 < len(text) < _LONGEST_INPUTS else -1
                for text in texts
            ]
        return number

    def _take_memory(self, events: list[Event], thread: SmallInts, read: Times) -> None:
        ts, timed = read([event.ts for event in events])
        args = [event.args for event in events]
        device = [-1 if a.device_type == CPU_DEVICE_TYPE else a.device_id for a in args]
        table = MemoryEvents(
            thread=thread,
            ts=ts,
            size=_column([a.size for a in args]),
            total=_column([a.total for a in args]),
            device=_small(device),
        )
        possible = _within(table.size, _MOST_BYTES) & _within(table.total, _MOST_BYTES)
        self.part.memory.append(table.take(timed & possible))
        self._pass_over("without a time", ~timed)
        self._pass_over("of more bytes than there are", timed & ~possible)


def _particulars(events: list[Event], kind: SmallInts) -> dict[str, Any]:
    """The columns that only some kinds have: link, device, stream, sequence, forward_thread."""
    link, sequence, forward_thread = np.full((3, len(events)), ABSENT)
    device, stream = np.full((2, len(events)), -1, np.int32)
    active = (kind >= Kind.KERNEL) & (kind <= Kind.MEMSET)
    linked = active | (kind == Kind.RUNTIME)
    if linked.any():
        link[linked] = [event.args.correlation for event in _those(events, linked)]
    if active.any():
        those = _those(events, active)
        device[active] = _integers([e.args.device for e in those], [e.pid for e in those])
        stream[active] = _integers([e.args.stream for e in those], [e.tid for e in those])
    ops = kind == Kind.OP
    if ops.any():
        args = [event.args for event in _those(events, ops)]
        sequence[ops] = [a.sequence for a in args]
        forward_thread[ops] = [a.forward_thread for a in args]
    flows = kind >= Kind.FLOW_FORWARD
    if flows.any():
        ids = [integer(event.id) for event in _those(events, flows)]
        link[flows] = [ABSENT if value is None else value for value in ids]
    return {
        "link": link,
        "device": device,
        "stream": stream,
        "sequence": sequence,
        "forward_thread": forward_thread,
    }


class _Heads(dict[tuple[Any, ...], int]):
    """Numbers what events share: phase, category, name, process and thread.

    Args:
        names, threads: extended with what is new.
    """

    def __init__(self, names: dict[str, int], threads: dict[tuple[str, str], int]) -> None:
        super().__init__()
        self._names, self._threads = names, threads
        self._kind, self._name, self._thread = array("i"), array("i"), array("i")
        self._formula = array("b")

    def __missing__(self, head: tuple[Any, ...]) -> int:
        phase, category, name, pid, tid = head
        kind = kind_of(phase, category, name)
        self._kind.append(kind)
        if kind:
            thread = (str(pid), str(tid))
            self._name.append(self._names.setdefault(name, len(self._names)))
            if len(self._formula) < len(self._names):
                self._formula.append(name in FORMULAS)
            self._thread.append(self._threads.setdefault(thread, len(self._threads)))
        else:
            self._name.append(0)
            self._thread.append(0)
        self[head] = number = len(self)
        return number

    def columns(self, events: list[Event]) -> tuple[SmallInts, SmallInts, SmallInts]:
        """Kind, name and thread of each event."""
        number = np.fromiter(map(self.__getitem__, map(_HEAD, events)), np.int32, len(events))
        kind, name, thread = (
            np.frombuffer(column, np.int32)[number]
            for column in (self._kind, self._name, self._thread)
        )
        return kind, name, thread

    def has_formula(self, name: SmallInts) -> Mask:
        """Which of these names are of ops that have a formula."""
        result: Mask = np.frombuffer(self._formula, np.bool_)[name]
        return result


def _those(events: list[Event], mask: Mask) -> list[Event]:
    return list(compress(events, mask.tobytes()))


def _column(values: list[int]) -> Ints:
    return np.array(values, np.int64)


def _small(values: list[int]) -> SmallInts:
    """The values that fit into 32 bits, -1 for others."""
    wide = np.array(values, np.int64)
    return np.where(_within(wide, 2**31), wide, -1).astype(np.int32)


def _within(values: Ints, limit: int) -> Mask:
    return (values > -limit) & (values < limit)


def _integers(values: list[Any], instead: list[Any]) -> SmallInts:
    """The integers that the values stand for, else those that the others do, else -1."""
    try:
        if set(map(type, values)) == {int}:
            return _small(values)
    except OverflowError:
        pass
    found = [
        integer(value) if integer(value) is not None else integer(other)
        for value, other in zip(values, instead, strict=True)
    ]
    return _small([-1 if number is None else number for number in found])
