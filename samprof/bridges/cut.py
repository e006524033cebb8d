"""Which events of a trace file belong to a span of host time, and those events as the file has them.

`samprof.trace.window.within` cuts the columns of a trace; this cuts its file by the same rule, and keeps
what the columns do not hold: arguments, arrows, names of processes and threads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
import numpy as np

from samprof.trace import Trace
from samprof.trace.decode import Decoder
from samprof.trace.events import ABSENT, DEVICE_KINDS, Ints, Kind, Mask
from samprof.trace.json_events import CPU_DEVICE_TYPE, Event, integer, lenient_event
from samprof.trace.kinds import MEMORY, kind_of
from samprof.trace.times import nanoseconds
from samprof.trace.window import within

LANE_CATEGORY = "samprof_lane"
_SHADOWS = ("gpu_user_annotation", LANE_CATEGORY)
_DIGITS_MARK = "\ue000"
_MARKED_DIGITS = re.compile(r'"\\ue000(-?\d[\d.eE+-]*)"')


@dataclass(frozen=True, slots=True)
class Cut:
    """A span of host time, and what the device did because of it.

    Attributes:
        part: the trace of that span.
        start_ns, end_ns: the span, half-open.
        device_start_ns, device_end_ns: from the first to the last device activity launched in it.
        correlations: ids of all launches of the trace, ascending; launched_ns: when each was.
    """

    part: Trace
    start_ns: int
    end_ns: int
    device_start_ns: int
    device_end_ns: int
    correlations: Ints
    launched_ns: Ints

    def holds(self, events: list[Event]) -> Mask:
        """Which of these events belong to it.

        Host events go by their start. What carries the correlation id of a launch, device activities and
        the ends of their arrows, follows that launch. What an annotation casts on the device goes by
        the span of the device's work. Names of processes and threads always belong to it.
        """
        moment, timed = nanoseconds([event.ts for event in events])
        link = np.array([_launch(event) for event in events], np.int64)
        shadow = np.array([(event.cat or "").lower() in _SHADOWS for event in events], bool)
        named = np.array([event.ph == "M" for event in events], bool)
        place = np.searchsorted(self.correlations, link)
        place = np.minimum(place, max(len(self.correlations) - 1, 0))
        if len(self.correlations):
            known = (link != ABSENT) & (self.correlations[place] == link)
            moment = np.where(known, self.launched_ns[place], moment)
        begin = np.where(shadow, self.device_start_ns, self.start_ns)
        end = np.where(shadow, self.device_end_ns, self.end_ns)
        result: Mask = named | (timed & (begin <= moment) & (moment < end))
        return result


def cut_of(trace: Trace, start_ns: int, end_ns: int) -> Cut:
    """The cut of what began on the host at start_ns <= time < end_ns."""
    part = within(trace, start_ns, end_ns)
    work = part.launches().activity
    begin, end = part.events.ts[work], part.events.ts[work] + part.events.dur[work]
    launch = trace.events.of(Kind.RUNTIME)
    launch = launch[trace.events.link[launch] != ABSENT]
    correlations, place = np.unique(trace.events.link[launch], return_inverse=True)
    launched = np.full(len(correlations), np.iinfo(np.int64).max)
    np.minimum.at(launched, place, trace.events.ts[launch])
    return Cut(
        part=part,
        start_ns=start_ns,
        end_ns=end_ns,
        device_start_ns=int(begin.min()) if len(work) else end_ns,
        device_end_ns=int(end.max()) if len(work) else end_ns,
        correlations=correlations,
        launched_ns=launched,
    )


def _launch(event: Event) -> int:
    """The correlation id of the launch that an event follows; ABSENT where it goes by its own start."""
    kind = kind_of(event.ph, event.cat, event.name)
    if kind in DEVICE_KINDS or (kind == 0 and event.ph == "X"):
        return event.args.correlation
    number = integer(event.id) if kind == 0 and event.ph == "f" else None
    return ABSENT if number is None else number


class Copier(Decoder):
    """Hands on the events of a file that are wanted, as they stand there.

    Args:
        write: takes one or more events, with commas between.
        cut: what is wanted; None for everything.
        lanes: whether lanes of an earlier export are wanted.

    Attributes:
        seen, copied: how many events.
        sort_index: process id -> where it is shown.
        host_memory: of the earliest allocator event of the host: time, total before it, process.
    """

    def __init__(self, write: Callable[[bytes], object], cut: Cut | None, *, lanes: bool) -> None:
        super().__init__()
        self._write, self._cut, self._lanes = write, cut, lanes
        self._raw = msgspec.json.Decoder(list[msgspec.Raw]).decode
        self._events = msgspec.json.Decoder(list[Event]).decode
        self._event = msgspec.json.Decoder(Event).decode
        self.seen = self.copied = 0
        self.sort_index: dict[str, int] = {}
        self.host_memory: tuple[int, int, object] | None = None

    def begin(self, number: int) -> None:
        """Nothing is kept by piece."""

    def decode(self, piece: bytes) -> None:
        """Takes a JSON list of events; errors as `Decoder.decode`."""
        events = self._events(piece)
        self._copy(events, [bytes(element) for element in self._raw(piece)])

    def salvage(self, elements: Iterable[bytes]) -> None:
        """Takes elements that `decode` refused; what JSON does not allow in them is mended."""
        events, texts = [], []
        for element in elements:
            event, text = self._understood(element)
            if event is not None:
                events.append(event)
                texts.append(text)
        self._copy(events, texts)

    def _understood(self, element: bytes) -> tuple[Event | None, bytes]:
        try:
            return self._event(element), element
        except (ValueError, RecursionError):
            event = lenient_event(element)
            return event, element if event is None else _mended(element)

    def _copy(self, events: list[Event], texts: list[bytes]) -> None:
        self.seen += len(events)
        if not events:
            return
        self._notice(events, texts)
        wanted = self._cut.holds(events) if self._cut else np.ones(len(events), bool)
        if not self._lanes:
            wanted &= np.array([event.cat != LANE_CATEGORY for event in events], bool)
        kept = [text for text, keep in zip(texts, wanted.tolist(), strict=True) if keep]
        self.copied += len(kept)
        if kept:
            # Only what nobody decodes can still hold broken UTF-8 here.
            self._write(b",\n".join(kept).decode("utf-8", "replace").encode())

    def _notice(self, events: list[Event], texts: list[bytes]) -> None:
        for event, text in zip(events, texts, strict=True):
            if event.ph == "M" and event.name == "process_sort_index":
                args = json.loads(text.decode("utf-8", "replace")).get("args") or {}
                index = integer(args.get("sort_index"))
                if index is not None:
                    self.sort_index[str(event.pid)] = index
            elif event.ph == "i" and kind_of(event.ph, event.cat, event.name) == MEMORY:
                self._notice_memory(event)

    def _notice_memory(self, event: Event) -> None:
        if event.args.device_type != CPU_DEVICE_TYPE:
            return
        moment, timed = nanoseconds([event.ts])
        if timed[0] and (self.host_memory is None or moment[0] < self.host_memory[0]):
            self.host_memory = (int(moment[0]), event.args.total - event.args.size, event.pid)


def _mended(element: bytes) -> bytes:
    """The same event in strict JSON, its numbers digit by digit as they were."""
    raw = json.loads(
        element.decode("utf-8", "replace"),
        strict=False,
        parse_float=lambda digits: _DIGITS_MARK + digits,
        parse_constant=lambda _: None,
    )
    return _MARKED_DIGITS.sub(r"\1", json.dumps(raw)).encode()
