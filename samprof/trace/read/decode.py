"""Decodes pieces of JSON events to columns: names interned, times from their digits."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import compress
from typing import Any

import msgspec
import numpy as np

from samprof.trace.flops.op_inputs import INPUTS_BORDER
from samprof.trace.model.events import ABSENT, Events, Ints, Kind, Mask, MemoryEvents, SmallInts
from samprof.trace.read.event_heads import EventHeads
from samprof.trace.read.event_kinds import MEMORY, NO_EVENT
from samprof.trace.read.event_schema import (
    CPU_DEVICE_TYPE,
    Event,
    NodeEvent,
    WholeEvent,
    integer,
    lenient_event,
)
from samprof.trace.read.parts import Part
from samprof.trace.read.table_builder import TableBuilder
from samprof.trace.read.timestamps import nanoseconds, whole_nanoseconds

Times = Callable[[list[Any]], tuple[Ints, Mask]]
_MOST_BYTES = 2**50
_LONGEST_INPUTS = 1 << 12
_GRAPH_NODE = b'"graph node id"'
_OTHERS = "not an event"
_MOST_OTHERS = 1 << 18


class NoEventsError(Exception):
    """Most of a long list is no event: reading it to its end would only take time."""


class Decoder:
    """Decodes the events of one trace, or a part of it, to columns.

    Attributes:
        part: the events decoded so far.
    """

    def __init__(self) -> None:
        self.part = Part(
            TableBuilder(Events), TableBuilder(MemoryEvents), [], {}, {}, {}, Counter()
        )
        self._decode_whole: Callable[[bytes], list[Any]] = msgspec.json.Decoder(
            list[WholeEvent]
        ).decode
        self._whole_so_far = True
        self._decode = msgspec.json.Decoder(list[Event]).decode
        self._decode_nodes: Callable[[bytes], list[Any]] = msgspec.json.Decoder(
            list[NodeEvent]
        ).decode
        self._decode_one = msgspec.json.Decoder(NodeEvent).decode
        self._heads = EventHeads(self.part.names, self.part.threads)
        self._seen = 0

    def begin(self, number: int) -> None:
        """Announces that what comes next belongs to the piece of this number."""
        part = self.part
        part.begun.append((number, len(part.events), len(part.allocations)))

    def decode(self, piece: bytes) -> None:
        """Decodes a JSON list of events.

        Raises:
            ValueError, RecursionError: the list is not valid JSON, or an event does not have the
                usual form; nothing of the list has been added then.
        """
        if _GRAPH_NODE in piece:
            self._add(self._decode_nodes(piece), nodes=True)
            return
        if self._whole_so_far:
            try:
                self._add(self._decode_whole(piece), whole_nanoseconds)
                return
            except msgspec.ValidationError:
                self._whole_so_far = False
        self._add(self._decode(piece))

    def salvage(self, elements: Iterable[bytes]) -> None:
        """Decodes the elements of a list that `decode` refused, one by one, and counts the rest."""
        found = [self._salvaged(element) for element in elements]
        events = [event for event in found if event is not None]
        self._seen += len(found) - len(events)
        self._count_others(len(found) - len(events))
        self._add(events, nodes=True)

    def _salvaged(self, element: bytes) -> Event | None:
        if not element.startswith(b"{"):
            return None
        try:
            return self._decode_one(element)
        except (ValueError, RecursionError):
            return lenient_event(element)

    def _add(self, events: list[Event], read: Times = nanoseconds, *, nodes: bool = False) -> None:
        """Adds events whose times `read` understands; `nodes` are such whose args may tell of graphs."""
        if not events:
            return
        kind, name, thread = self._heads.columns(events)
        self._seen += len(events)
        self._count_others(int((kind == NO_EVENT).sum()))
        allocating = kind == MEMORY
        if allocating.any():
            self._add_allocations(_those(events, allocating), thread[allocating], read)
        wanted = (kind > 0) & ~allocating
        if not wanted.all():
            events, kind = _those(events, wanted), kind[wanted]
            name, thread = name[wanted], thread[wanted]
        ts, dur, timed = self._times(events, kind, read)
        inputs, others = self._inputs(events, kind, name), _particulars(events, kind)
        if nodes:
            self._add_nodes(events, kind, inputs, others["sequence"])
        table = Events(
            kind=kind.astype(np.int8),
            name=name,
            thread=thread,
            ts=ts,
            dur=dur,
            inputs=inputs,
            **others,
        )
        self.part.events.append(table if timed.all() else table.take(timed))
        self._count_skipped("without a time", ~timed)

    def _count_others(self, count: int) -> None:
        """Counts elements that are no events.

        Raises:
            NoEventsError: they are very many, and most of all so far.
        """
        if not count:
            return
        self.part.skipped[_OTHERS] += count
        others = self.part.skipped[_OTHERS]
        if others > max(_MOST_OTHERS, self._seen // 2):
            raise NoEventsError(f"{others} elements of traceEvents are no events")

    def _count_skipped(self, reason: str, which: Mask) -> None:
        if which.any():
            self.part.skipped[reason] += int(which.sum())

    def _times(self, events: list[Event], kind: SmallInts, read: Times) -> tuple[Ints, Ints, Mask]:
        """Starts and durations, and which of the events have a start.

        Flows have no duration; a missing or negative duration counts as 0.
        """
        lasting = kind < Kind.FLOW_FORWARD
        texts = [event.ts for event in events]
        texts += [event.dur for event in (events if lasting.all() else _those(events, lasting))]
        times, valid = read(texts)
        count = len(events)
        if not valid.all():
            self._count_skipped("without a duration, taken as 0", ~valid[count:])
        dur = np.zeros(count, np.int64)
        dur[lasting] = times[count:]
        if dur.min(initial=0) < 0:
            self._count_skipped("with a negative duration, taken as 0", dur < 0)
            dur = np.maximum(dur, 0)
        return times[:count], dur, valid[:count]

    def _inputs(self, events: list[Event], kind: SmallInts, name: SmallInts) -> SmallInts:
        """The number of the inputs of each op whose inputs are read; -1 for all others."""
        number = np.full(len(events), -1, np.int32)
        asked = kind == Kind.OP
        if asked.any():
            asked &= self._heads.has_inputs(name)
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

    def _add_nodes(
        self, events: list[Event], kind: SmallInts, inputs: SmallInts, node: Ints
    ) -> None:
        """Fills in the nodes of graphs that device activities are, and torch's annotations of them."""
        known = self.part.inputs
        for place in np.flatnonzero((kind >= Kind.KERNEL) & (kind <= Kind.MEMSET)).tolist():
            args: Any = events[place].args
            number = integer(args.node)
            if number is None or number <= 0:
                continue
            node[place] = number
            if isinstance(args.annotation, str):
                text = args.annotation.encode("utf-8", "replace")
                inputs[place] = known.setdefault(text, len(known))

    def _add_allocations(self, events: list[Event], thread: SmallInts, read: Times) -> None:
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
        plausible = _is_below(table.size, _MOST_BYTES) & _is_below(table.total, _MOST_BYTES)
        self.part.allocations.append(table.take(timed & plausible))
        self._count_skipped("without a time", ~timed)
        self._count_skipped("of more bytes than there are", timed & ~plausible)


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


def _those(events: list[Event], mask: Mask) -> list[Event]:
    return list(compress(events, mask.tobytes()))


def _column(values: list[int]) -> Ints:
    return np.array(values, np.int64)


def _small(values: list[int]) -> SmallInts:
    """The values as 32-bit integers; -1 for those that do not fit."""
    wide = np.array(values, np.int64)
    return np.where(_is_below(wide, 2**31), wide, -1).astype(np.int32)


def _is_below(values: Ints, limit: int) -> Mask:
    return (values > -limit) & (values < limit)


def _integers(values: list[Any], instead: list[Any]) -> SmallInts:
    """The integers that the values stand for, else the integers of `instead`, else -1."""
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
