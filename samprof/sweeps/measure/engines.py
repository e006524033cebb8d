"""Where samples are taken: in this process, each in a process of its own, or on Ray."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from samprof.sweeps.about import About
from samprof.sweeps.measure.garbage import older_objects_spared
from samprof.sweeps.measure.job import Job
from samprof.sweeps.run.stored.sample import Sample

if TYPE_CHECKING:
    from samprof.sweeps.target import Target

Advance = Callable[[int], None]
"""Told the number of forwards done since it was last told."""
AdvanceOf = Callable[[Job, int], None]
"""The same, of one of several jobs."""


class Engine(Protocol):
    """Takes samples while its context is open."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def about(self) -> About:
        """What is measured, and where.

        Raises:
            SamprofError: the target cannot be made.
        """
        ...

    def measure(self, job: Job, advance: Advance = ...) -> Sample:
        """The sample.

        Raises:
            SamprofError: the target cannot be made, or the run directory cannot be written.
        """
        ...

    def measure_together(
        self, jobs: Sequence[Job], advance: AdvanceOf = ...
    ) -> list[Sample] | None:
        """The samples of a round, taken in turns; None where this engine takes them one by one.

        What the machine can bear of them at once, it bears: the failure of one is to be doubted.

        Raises:
            SamprofError: as `measure`.
        """
        ...


class EngineContext:
    """An engine that has nothing to open or close, and takes one sample after the other."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def measure_together(
        self,
        jobs: Sequence[Job],  # noqa: ARG002
        advance: AdvanceOf = lambda _, __: None,  # noqa: ARG002
    ) -> list[Sample] | None:
        """See `Engine`: one after the other, here."""
        return None


class ThisProcess(EngineContext):
    """Takes samples in this process. What all of them share, no repetition can tell.

    Args:
        make: the target; called for each sample, since a sample may change it for good.
    """

    def __init__(self, make: Callable[[], Target]) -> None:
        self._make = make
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(older_objects_spared())
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def about(self) -> About:
        """See `Engine`."""
        from samprof.sweeps.measure.measure import about

        return about(self._make())

    def measure(self, job: Job, advance: Advance = lambda _: None) -> Sample:
        """See `Engine`."""
        from samprof.sweeps.measure.machine.usage import cpu_s
        from samprof.sweeps.measure.measure import measure, release_memory

        before = cpu_s()
        try:
            sample = measure(self._make(), job, advance)
        finally:
            release_memory()
        return replace(sample, cpu_s=cpu_s() - before)
