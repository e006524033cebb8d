"""Processes that take turns: one works at a time, for a moment, and they go round.

What slows a machine for a second or two then slows the forwards of all sizes alike, and is gone from
their ratio. On two virtual CPUs of a busy host the speed-up of the small encoder at batch 8 varied by
16 % between rounds whose processes ran one after the other, and by 5 % between rounds in turns.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

_GIVEN = struct.Struct("=d??")
"""What is told with a turn: the latency, whether it is alone, whether the turns so far are enough."""


class AloneError(Exception):
    """No other process takes turns: there is none, or no room for it."""


class Given(NamedTuple):
    """What a process is told with its turn.

    Attributes:
        latency_ns: the cross-core latency, read just before; None where it cannot be read.
        is_enough: whether the turns before were enough: they took long.
    """

    latency_ns: float | None
    is_enough: bool = False


HandOn = Callable[[], Given]
"""Hands the turn on and waits for the next; see `Turn`."""


class Turn:
    """The side of a process that takes turns.

    Args:
        go: descriptor to read from: that it is its turn.
        done: descriptor to write to: that it is not any more.
    """

    def __init__(self, go: int, done: int) -> None:
        self._go, self._done = go, done

    def __call__(self) -> Given:
        """Hands the turn on, and waits for the next.

        Raises:
            AloneError: there will be no other turns.
        """
        os.write(self._done, b"\0")
        told = os.read(self._go, _GIVEN.size)
        if len(told) < _GIVEN.size:
            raise EOFError("nobody gives turns any more")
        latency, is_alone, is_enough = _GIVEN.unpack(told)
        if is_alone:
            raise AloneError
        return Given(None if math.isnan(latency) else latency, is_enough)


class TurnOf:
    """The side of whoever gives the turns, for one process.

    Attributes:
        turn: of the process.
        handed_on: descriptor that can be read once the process has handed its turn on.
    """

    def __init__(self) -> None:
        go, self._give = os.pipe()
        self.handed_on, done = os.pipe()
        self.turn = Turn(go, done)
        self._of_process = (go, done)

    def forked(self) -> None:
        """To be called once the process has been forked: its ends are not needed here."""
        for end in self._of_process:
            os.close(end)

    def give(
        self, latency_ns: float | None, *, is_enough: bool = False, is_alone: bool = False
    ) -> None:
        """Gives the process its turn; whether it still runs shows in its end.

        Args:
            latency_ns: what it is told, as `is_enough`; see `Given`.
            is_enough: likewise.
            is_alone: whether it is the only one, and this its only turn.
        """
        latency = math.nan if latency_ns is None else latency_ns
        given = _GIVEN.pack(latency, is_alone, is_enough)
        with suppress(BrokenPipeError):
            os.write(self._give, given)

    def taken_back(self) -> None:
        """Reads that the process has handed its turn on."""
        os.read(self.handed_on, 1)

    def close(self) -> None:
        """The process has ended."""
        os.close(self._give)
        os.close(self.handed_on)
