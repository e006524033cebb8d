"""What many events share, looked up once per distinct combination: kind, name and thread."""

from array import array
from operator import attrgetter
from typing import Any

import numpy as np

from samprof.trace.flops.registry import OPS_WITH_INPUTS
from samprof.trace.model.events import Mask, SmallInts
from samprof.trace.read.event_kinds import kind_of
from samprof.trace.read.event_schema import Event

_IGNORED = 0
_HEAD = attrgetter("ph", "cat", "name", "pid", "tid")


class EventHeads(dict[tuple[Any, ...], int]):
    """Numbers the distinct heads of events: phase, category, name, process and thread.

    Args:
        names, threads: extended with new ones.
    """

    def __init__(self, names: dict[str, int], threads: dict[tuple[str, str], int]) -> None:
        super().__init__()
        self._names, self._threads = names, threads
        self._kind, self._name, self._thread = array("i"), array("i"), array("i")
        self._with_inputs = array("b")

    def __missing__(self, head: tuple[Any, ...]) -> int:
        phase, category, name, pid, tid = head
        kind = kind_of(phase, category, name)
        self._kind.append(kind)
        if kind > _IGNORED:
            thread = (str(pid), str(tid))
            self._name.append(self._names.setdefault(name, len(self._names)))
            if len(self._with_inputs) < len(self._names):
                self._with_inputs.append(name in OPS_WITH_INPUTS)
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

    def has_inputs(self, name: SmallInts) -> Mask:
        """Which of these names are names of ops whose inputs are read."""
        result: Mask = np.frombuffer(self._with_inputs, np.bool_)[name]
        return result
