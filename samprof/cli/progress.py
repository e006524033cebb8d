"""Progress on stderr: of a sweep, of a search for the largest batch, of reading many traces."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from samprof.analysis.scaling.variant import EAGER
from samprof.cli.output import write_err
from samprof.printable import printable
from samprof.sweeps.plan import Plan
from samprof.sweeps.progress import Progress as Step
from samprof.sweeps.search.search_run import SearchProgress
from samprof.sweeps.standing import Standing
from samprof.units import digits, memory_limit_text, memory_text, units_like


class _Bar:
    """A progress bar on stderr while the context is open; nothing of it stays behind."""

    def __init__(self, description: str, total: int | None, columns: Sequence[ProgressColumn]):
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task(description, total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()


class SweepBar(_Bar):
    """Shows how far `run_sweeps` is, and prints a line per round: what is known by then.

    Attributes:
        interrupted: the points of which a sample was interrupted, by name, and why.
    """

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[limit]}"),
        )
        super().__init__("starting", None, columns)
        self._bar.update(self._task, limit="")
        self._began = time.monotonic()
        self.interrupted: dict[str, str] = {}

    def __call__(self, plan: Plan, step: Step) -> None:
        """Takes one step of a sweep."""
        if step.resumed:
            self._print(f"{_name(plan)}already measured")
        elif step.standing is not None:
            self._show_time(step.remaining_s)
            if step.standing.rounds:
                self._print(f"{_name(plan)}{_standing_text(plan, step.standing)}")
        elif step.sample is not None and step.sample.status != "ok":
            point, message = point_name(plan, step.size), step.sample.message
            if step.sample.status == "interrupted":
                self.interrupted[point] = message
            self._print(f"{point}: {_reason(step.sample.status, message)}")
        else:
            text = printable(f"round {step.round + 1}, {point_name(plan, step.size)}")
            self._bar.update(self._task, description=text)

    def _show_time(self, remaining_s: float | None) -> None:
        if remaining_s is None:
            return
        elapsed = time.monotonic() - self._began
        limit = elapsed + max(remaining_s, 0.0)
        self._bar.update(self._task, total=limit, completed=elapsed)
        self._bar.update(self._task, limit=f"of at most {limit:.0f} s")

    def _print(self, text: str) -> None:
        self._console.print(printable(text), markup=False)


class ReadingBar(_Bar):
    """Shows how many traces have been read."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("traces,"),
            TimeElapsedColumn(),
        )
        super().__init__("reading", None, columns)

    def __call__(self, done: int, total: int) -> None:
        """Takes how many of how many are read."""
        self._bar.update(self._task, completed=done, total=total)


def print_search(step: SearchProgress) -> None:
    """Prints one step of a search for the largest batch."""
    write_err(f"{point_name(step.plan, step.size)}: {_search_text(step)}\n")


def _search_text(step: SearchProgress) -> str:
    limit, tried = step.limit_bytes, step.probe
    if tried is None:
        return f"testing whether it fits into {memory_limit_text(limit)}"
    if tried.taken is None:
        return _reason(tried.status, tried.message)
    verdict = "fits" if tried.taken <= limit else "does not fit"
    return f"{memory_text(tried.taken, units_like(limit))}, {verdict}"


def point_name(plan: Plan, size: int) -> str:
    """What a point is called: its size and its variant, if that is not eager."""
    return plan.axis.text(size) + (f", {plan.variant}" if plan.variant != EAGER else "")


def _name(plan: Plan) -> str:
    """The variant, to begin a line; empty for eager."""
    return f"{plan.variant}: " if plan.variant != EAGER else ""


def _standing_text(plan: Plan, found: Standing) -> str:
    """What is known after a round, in a line."""
    parts = [f"round {found.rounds}"]
    if found.speedup == found.speedup and not found.undecided:
        first, last = (plan.axis.text(found.sizes[place]) for place in (0, -1))
        interval = ""
        if found.low == found.low:
            interval = f" (95% CI {digits(found.low)}-{digits(found.high)})"
        parts.append(f"{last} at {digits(found.speedup)}x the throughput of {first}{interval}")
    if found.dropped:
        parts.append(f"{found.dropped} sample{'s' if found.dropped > 1 else ''} dropped")
    if found.undecided:
        parts.append(found.undecided)
    return "; ".join(parts)


def _reason(status: str, message: str) -> str:
    return f"{'out of memory' if status == 'oom' else status}: {message}"
