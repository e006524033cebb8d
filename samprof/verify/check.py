"""What a check found, and the one line that says so."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from samprof.units import digits


@dataclass(frozen=True, slots=True)
class Limit:
    """Where a figure must lie, both ends included; None means no limit on that side."""

    low: float | None = None
    high: float | None = None

    def holds(self, figure: float) -> bool:
        """Whether the figure lies there; a figure that is not finite never does."""
        if not math.isfinite(figure):
            return False
        above = self.low is None or figure >= self.low
        return above and (self.high is None or figure <= self.high)

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            side = "at least" if self.high is None else "at most"
            return f"{side} {_number(self.low if self.high is None else self.high)}"
        if self.low == self.high:
            return f"exactly {_number(self.low)}"
        return f"{_number(self.low)} to {_number(self.high)}"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a verification.

    Attributes:
        group: the group that it belongs to; the runner fills it in.
        what: what was checked.
        figure: what was found; None where nothing was.
        limit: where the figure must lie; None where it is only shown.
        unit: of figure and limit.
        ok: whether the figure is within the limit; None where it is only shown, or there is none.
        note: why the check failed or was not run, or what to know about the figure.
    """

    what: str
    figure: float | None = None
    limit: Limit | None = None
    unit: str = ""
    ok: bool | None = None
    note: str = ""
    group: str = ""

    @property
    def verdict(self) -> str:
        """`pass`, `fail`, `shown` or `not run`."""
        if self.ok is not None:
            return "pass" if self.ok else "fail"
        return "not run" if self.figure is None else "shown"

    def line(self) -> str:
        """The check as one line of text.

        Example:
            >>> limited("vit_b batch 1: lost records", 2, Limit(high=0), "launches").line()
            'fail    vit_b batch 1: lost records: 2 launches (at most 0)'
            >>> not_run("vit_h batch 32", "time").line()
            'not run vit_h batch 32: time'
        """
        parts = [f"{self.verdict:7}", f"{self.group}:" if self.group else "", f"{self.what}:"]
        if self.figure is not None:
            joined = self.unit == "x"  # 1.4x, but 3 ms
            figure = _number(self.figure)
            parts += [figure + self.unit] if joined else [figure, self.unit]
        if self.limit is not None:
            parts.append(f"({self.limit})")
        if self.note:
            parts.append(self.note if self.figure is None else f"[{self.note}]")
        return " ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self) | {"verdict": self.verdict}


def limited(what: str, figure: float, limit: Limit | None, unit: str = "", note: str = "") -> Check:
    """A figure that must lie within a limit; without a limit it is only shown."""
    ok = None if limit is None else limit.holds(figure)
    return Check(what, float(figure), limit, unit, ok, note)


def none_of(what: str, count: int, unit: str = "", note: str = "") -> Check:
    """A count that must be 0."""
    return limited(what, count, Limit(0, 0), unit, note)


def shown(what: str, figure: float, unit: str = "", note: str = "") -> Check:
    """A figure without a limit."""
    return limited(what, figure, None, unit, note)


def is_true(what: str, *, true: bool, note: str = "") -> Check:
    """Something that must be true."""
    return limited(what, int(true), Limit(1, 1), note=note)


def not_run(what: str, why: str) -> Check:
    """A check that was left out, and the reason."""
    return Check(what, note=why)


def failed(what: str, why: str) -> Check:
    """A check that raised an error, and the error."""
    return Check(what, ok=False, note=why)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if not math.isfinite(value):
        return str(value)
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else digits(value)
