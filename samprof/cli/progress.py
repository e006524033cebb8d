"""Progress on stderr: of a sweep, with a line a finished point; of reading many traces."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from samprof.analysis.axis import Axis
from samprof.sweep.plan import EAGER, Plan
from samprof.sweep.point import Point
from samprof.sweep.sweep import Progress as Step
from samprof.units import memory_text, time_text


class SweepProgress:
    """Shows what `carry_out` tells it while the context is open.

    Args:
        plan: what is being measured.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._forwards = plan.forwards()
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(f"{plan.axis.unit}s,"),
            TimeElapsedColumn(),
            TextColumn("gone,"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=self._console,
            transient=True,
        )
        total = self._forwards * sum(plan.batch_sizes)
        self._task = self._bar.add_task("starting", total=total)
        self._seen = 0

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

    def __call__(self, step: Step) -> None:
        """Takes one step of the sweep."""
        share = self._forwards * step.batch_size
        if step.images:
            self._seen += step.images
            self._bar.update(
                self._task, advance=step.images, description=self._name(step.batch_size)
            )
            return
        # A point that ended early, or was there already, still counts as a whole.
        self._bar.advance(self._task, share - self._seen)
        self._seen = 0
        outcome = _outcome(step, self._plan.axis)
        self._console.print(f"{self._name(step.batch_size)}: {outcome}", markup=False)

    def _name(self, size: int) -> str:
        """The point in words."""
        variant = self._plan.variant
        return self._plan.axis.text(size) + (f", {variant}" if variant != EAGER else "")


class ReadingProgress:
    """Shows how many traces have been read while the context is open."""

    def __init__(self) -> None:
        self._bar = Progress(
            TextColumn("reading"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("traces,"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("reading", total=None)

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

    def __call__(self, done: int, total: int) -> None:
        """Takes how many of how many are read."""
        self._bar.update(self._task, completed=done, total=total)


def _outcome(step: Step, axis: Axis) -> str:
    if step.point is None:
        return "there already"
    if step.point.status == "ok":
        return _measured(step.point, axis)
    reason = "out of memory" if step.point.status == "oom" else "failed"
    return f"{reason}: {step.point.message}"


def _measured(point: Point, axis: Axis) -> str:
    middle = sorted(point.wall_ns)[len(point.wall_ns) // 2]
    memory = memory_text(point.peak_memory_bytes)
    return f"{time_text(middle / (point.units or point.batch_size))} {axis.an_unit}, {memory}"
