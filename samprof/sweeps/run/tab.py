"""Runs as samprof's tab in TensorBoard shows them. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from samprof.analysis.verdict.limits import Limits
from samprof.errors import UsageError
from samprof.integrations.tensorboard.tab.contents import PointFile, RunKind
from samprof.report.page.section_names import COMPARISON
from samprof.report.page.trace_page import message_page
from samprof.sweeps.run.data import RunData
from samprof.sweeps.run.page import page_of, sides_of
from samprof.sweeps.run.stored.directory import OWN_NAMES
from samprof.sweeps.run.stored.layout import RUN_FILE
from samprof.sweeps.run.stored.schema import inside


def run_kind() -> RunKind:
    """How the tab knows and reads run directories."""
    return RunKind(RUN_FILE, OWN_NAMES, _points)


def page_of_runs(paths: Sequence[Path], sections: Sequence[str]) -> str:
    """Sections of the page of these runs.

    Raises:
        UsageError: no section is asked for.
        RunError: a run cannot be read, or no size of it ran to its end.
        MissingPackageError: what draws the page is not installed.
    """
    if not sections:
        raise UsageError("tensorboard", "section", "none is asked for", "load the page again")
    runs = [_run(path, _signature(path)) for path in paths]
    if list(sections) == [COMPARISON] and sides_of(runs) is None:
        return message_page(
            "Comparison", "One variant was measured. Choose a run to compare it with."
        )
    return page_of(runs, sections)


def _points(path: Path) -> list[PointFile]:
    """The points that have a trace."""
    run = _run(path, _signature(path))
    several = len(run.variants()) > 1
    return [
        PointFile(
            run.axis.text(point.size) + (f", {point.variant}" if several else ""),
            inside(path, point.trace),
        )
        for point in run.measured
        if point.trace
    ]


@lru_cache(16)
def _run(path: Path, signature: tuple[int, ...]) -> RunData:  # noqa: ARG001 - part of the key
    """The run with all that was computed of it, until one of its files changes."""
    return RunData(path, Limits())


def _signature(path: Path) -> tuple[int, ...]:
    """Changes whenever a file of the run does: each is replaced as a whole."""
    found = [path / RUN_FILE, *sorted((path / "points").glob("b*.json"))]
    return tuple(number for one in found for number in (one.stat().st_mtime_ns, one.stat().st_ino))
