"""A part of a group of checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from samprof.verify.check import Check


@dataclass(frozen=True, slots=True)
class Case:
    """A part of a group that runs, fails or is left out on its own.

    Attributes:
        what: its name, used where it gives no checks.
        run: does the measuring; its checks are reported as they come.
        seconds: how long it will probably take.
        lacking: why it cannot run here; empty where it can.
    """

    what: str
    run: Callable[[], Iterable[Check]]
    seconds: Callable[[], float] = lambda: 0.0
    lacking: str = ""
