"""Copies the events of a trace file as they stand there, and notes what an export needs of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable

import msgspec
import numpy as np

from samprof.integrations.perfetto.cut import Cut, is_of_a_track
from samprof.trace.read.event_kinds import MEMORY, kind_of
from samprof.trace.read.event_schema import CPU_DEVICE_TYPE, Event, integer, lenient_event
from samprof.trace.read.timestamps import nanoseconds

_DIGITS_MARK = "\ue000"
_MARKED_DIGITS = re.compile(r'"\\ue000(-?\d[\d.eE+-]*)"')


class EventCopier:
    """Writes the selected events of a file; an `EventConsumer` for `EventScanner`.

    Args:
        write: takes one or more events, with commas between.
        cut: which events; None for all.
        tracks: whether tracks that an earlier export added are copied.

    Attributes:
        seen, copied: how many events.
        sort_index: process id -> its place in the viewer.
        host_memory: of the earliest allocator event of the host: time, total before it, process.
    """

    def __init__(self, write: Callable[[bytes], object], cut: Cut | None, *, tracks: bool) -> None:
        self._write, self._cut, self._tracks = write, cut, tracks
        self._texts = msgspec.json.Decoder(list[msgspec.Raw]).decode
        self._events = msgspec.json.Decoder(list[Event]).decode
        self._event = msgspec.json.Decoder(Event).decode
        self.seen = self.copied = 0
        self.sort_index: dict[str, int] = {}
        self.host_memory: tuple[int, int, object] | None = None

    def begin(self, number: int) -> None:
        """Does nothing: the order of the pieces is that of the file."""

    def decode(self, piece: bytes) -> None:
        """Copies from a JSON list of events.

        Raises:
            ValueError, RecursionError: it is not valid JSON, or an event is not of the usual form;
                nothing of it has been copied then.
        """
        events = self._events(piece)
        self._copy(events, [bytes(text) for text in self._texts(piece)])

    def salvage(self, elements: Iterable[bytes]) -> None:
        """Copies from elements that `decode` refused, rewritten where they are not valid JSON."""
        events, texts = [], []
        for element in elements:
            event, text = self._salvaged(element)
            if event is not None:
                events.append(event)
                texts.append(text)
        self._copy(events, texts)

    def _salvaged(self, element: bytes) -> tuple[Event | None, bytes]:
        try:
            return self._event(element), element
        except (ValueError, RecursionError):
            event = lenient_event(element)
            return event, element if event is None else _strict_json(element)

    def _copy(self, events: list[Event], texts: list[bytes]) -> None:
        self.seen += len(events)
        if not events:
            return
        self._note(events, texts)
        selected = self._cut.selects(events) if self._cut else np.ones(len(events), bool)
        if not self._tracks:
            selected &= ~np.array([is_of_a_track(event) for event in events], bool)
        chosen = [text for text, yes in zip(texts, selected.tolist(), strict=True) if yes]
        self.copied += len(chosen)
        if chosen:
            # Text that no field above decodes can still hold broken UTF-8.
            self._write(b",\n".join(chosen).decode("utf-8", "replace").encode())

    def _note(self, events: list[Event], texts: list[bytes]) -> None:
        for event, text in zip(events, texts, strict=True):
            if event.ph == "M" and event.name == "process_sort_index":
                args = json.loads(text.decode("utf-8", "replace")).get("args") or {}
                index = integer(args.get("sort_index"))
                if index is not None:
                    self.sort_index[str(event.pid)] = index
            elif event.ph == "i" and kind_of(event.ph, event.cat, event.name) == MEMORY:
                self._note_memory(event)

    def _note_memory(self, event: Event) -> None:
        if event.args.device_type != CPU_DEVICE_TYPE:
            return
        moment, timed = nanoseconds([event.ts])
        if timed[0] and (self.host_memory is None or moment[0] < self.host_memory[0]):
            self.host_memory = (int(moment[0]), event.args.total - event.args.size, event.pid)


def _strict_json(element: bytes) -> bytes:
    """The same event in strict JSON, each number with the digits that it had."""
    raw = json.loads(
        element.decode("utf-8", "replace"),
        strict=False,
        parse_float=lambda digits: _DIGITS_MARK + digits,
        parse_constant=lambda _: None,
    )
    return _MARKED_DIGITS.sub(r"\1", json.dumps(raw)).encode()
