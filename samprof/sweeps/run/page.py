"""The report page of runs: their tables, and what differs between them. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from samprof.errors import RunError
from samprof.sweeps.run.compare import compare_runs, differences

if TYPE_CHECKING:
    import pandas as pd

    from samprof.report.page.compare import Comparison, Sides
    from samprof.sweeps.run.data import RunData


def page_of(runs: Sequence[RunData], sections: Sequence[str] | None = None) -> str:
    """The page of one run or several, as HTML.

    Args:
        runs: at least one; each is compared with the first.
        sections: which are shown, in this order, of `samprof.report.page.section_names.SECTIONS`; None
            for all.

    Raises:
        MissingPackageError: what draws the page is not installed.
        RunError: a run has no batch size that ran to its end.
    """
    from samprof.report.page.page import Shown, run_page
    from samprof.report.page.section_names import COMPARISON, FORWARD, SECTIONS
    from samprof.report.page.template import page_templates

    page_templates()  # what is missing is said before anything is computed
    wanted = SECTIONS if sections is None else sections
    shown = [
        Shown(name, run.summary(None), timeline_of(run) if FORWARD in wanted else None)
        for name, run in zip(_names(runs), runs, strict=True)
    ]
    return run_page(shown, sides_of(runs) if COMPARISON in wanted else None, wanted)


def timeline_of(run: RunData) -> pd.DataFrame | None:
    """What ran when in one forward; None where no trace tells it."""
    return run.timeline(None, None) if any(point.trace for point in run.measured) else None


def sides_of(runs: Sequence[RunData]) -> Sides | None:
    """What the page of these runs compares: the runs, or the variants of a single one.

    Returns:
        None where a single run has one variant only.
    """
    return _variants(runs[0]) if len(runs) == 1 else _runs(runs, _names(runs))


def _names(runs: Sequence[RunData]) -> list[str]:
    """The last part of each path, or all of it where that is not enough to tell them apart.

    A run that is given again is numbered.
    """
    last = [run.path.resolve().name for run in runs]
    count = Counter(last)
    names = [
        name if count[name] == 1 else str(run.path) for name, run in zip(last, runs, strict=True)
    ]
    again = [names[:place].count(name) for place, name in enumerate(names)]
    return [f"{name} ({n + 1})" if n else name for name, n in zip(names, again, strict=True)]


def _runs(runs: Sequence[RunData], names: Sequence[str]) -> Sides:
    """Each run against the first."""
    from samprof.report.page.compare import Sides

    first, *others = runs
    same = all(run.axis == first.axis for run in others)
    points = {name: run.points for name, run in zip(names, runs, strict=True)}
    variants = [run.chosen(None) for run in runs]
    mains = {
        name: table[table["variant"] == variant]
        for (name, table), variant in zip(points.items(), variants, strict=True)
    }
    pairs = (
        _pair(first, other, (names[0], name), differences(first, other))
        for name, other in zip(names[1:], others, strict=True)
    )
    return Sides(mains, tuple(pairs), first.axis if same else None)


def _variants(run: RunData) -> Sides | None:
    """The other variants of a run against the one that stands for it; None where there is none."""
    from samprof.report.page.compare import Sides

    first, *others = run.good_variants()
    if not others:
        return None
    points = run.points
    mains = {name: points[points["variant"] == name] for name in (first, *others)}
    pairs = (_pair(run, run, (first, other), [], (first, other)) for other in others)
    return Sides(mains, tuple(pairs), run.axis)


def _pair(
    a: RunData,
    b: RunData,
    names: tuple[str, str],
    notes: Sequence[str],
    variants: tuple[str | None, str | None] = (None, None),
) -> Comparison:
    from samprof.report.page.compare import Comparison

    try:
        table = compare_runs(a, b, *variants)
    except RunError as error:
        # What cannot be compared can still be shown, with the reason.
        return Comparison(names, None, (*notes, f"not compared: {error.cause}"))
    return Comparison(names, table, tuple(notes))
