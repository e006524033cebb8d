"""The report of runs: one self-contained HTML file that can load nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from samprof.analysis.compare.changes import for_readers
from samprof.analysis.scaling.measured import measured
from samprof.report.page.chart_parts import Drawing
from samprof.report.page.charts import run_charts
from samprof.report.page.compare import Sides, changes_tree
from samprof.report.page.document import document
from samprof.report.page.section_names import COMPARISON, SECTIONS, VERDICT, Section, sections_of
from samprof.report.page.tables import (
    commands_text,
    component_tables,
    flat,
    grows,
    points_table,
    scaling_tree,
)
from samprof.report.summary import Summary
from samprof.report.text.changes import changes_text
from samprof.report.text.check import check_text
from samprof.report.text.scaling import scaling_head

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Shown:
    """A run on the page.

    Attributes:
        name: what it is called there.
        summary: its tables.
        timeline: what ran when in one forward.
    """

    name: str
    summary: Summary
    timeline: pd.DataFrame | None = None


def run_page(
    shown: Sequence[Shown], sides: Sides | None = None, sections: Sequence[str] = SECTIONS
) -> str:
    """The page.

    Args:
        shown: the runs, at least one.
        sides: what is compared: several runs, or the variants of one.
        sections: which are shown, in this order.

    Raises:
        MissingPackageError: jinja2, altair or vl-convert-python is not installed.
    """
    charts: dict[str, Drawing] = {}
    alone, several = len(shown) == 1, sides if COMPARISON in sections else None
    runs = [
        _run(
            f"run{number}",
            one,
            len(shown),
            charts,
            sections,
            compared=alone and several is not None,
        )
        for number, one in enumerate(shown, start=1)
    ]
    compared = _compared(several, charts) if several is not None else None
    return document(
        "page.html",
        charts,
        title="; ".join(dict.fromkeys(one.summary.title for one in shown)),
        runs=runs,
        verdict=VERDICT in sections,
        compared=compared,
        comparison=Section(COMPARISON, COMPARISON, "Comparison")
        if compared is not None and not alone
        else None,
    )


def _run(
    name: str,
    shown: Shown,
    count: int,
    charts: dict[str, Drawing],
    sections: Sequence[str],
    *,
    compared: bool,
) -> dict[str, Any]:
    """The template's values for a run; its drawings are added to `charts`."""
    summary = shown.summary
    drawings = run_charts(summary, shown.timeline, count, sections)
    components = component_tables(summary)
    profiler_overhead = measured(summary.points)["profiler_overhead"]
    return {
        "sections": sections_of(
            name,
            sections,
            summary.axis,
            drawings,
            components=bool(components),
            compared=compared,
        ),
        "id": name,
        "name": shown.name,
        "summary": summary,
        "drawings": {
            part: _named(f"{name}-{part}", found, charts) for part, found in drawings.items()
        },
        "scaling": scaling_tree(summary),
        "grows": grows(summary),
        "scaling_head": scaling_head(summary.scaling, summary.times, summary.axis),
        "components": components,
        "points": points_table(summary),
        "profiler_overhead": float(profiler_overhead.max()),
        **_accounting(summary),
        "environment": flat(summary.environment),
        "asked": flat(summary.asked),
        "target": flat(summary.target),
        "commands": commands_text(summary),
    }


def _accounting(summary: Summary) -> dict[str, Any]:
    """The check of each size with its notes; notes that all sizes share are listed once."""
    checks = sorted(summary.checks.items())
    notes = {size: list(check.get("notes", [])) for size, check in checks}
    shared = [
        n for n in next(iter(notes.values()), []) if all(n in each for each in notes.values())
    ]
    return {
        "checks": {
            summary.axis.text(size): [
                check_text(check),
                *(note for note in notes[size] if note not in shared),
            ]
            for size, check in checks
        },
        "remarks": shared,
    }


def _compared(sides: Sides, charts: dict[str, Drawing]) -> dict[str, Any]:
    """The template's values for a comparison; its drawings are added to `charts`."""
    pairs = [
        {
            "names": pair.names,
            "notes": pair.notes,
            "tree": changes_tree(pair.table, pair.names, sides.axis),
            "words": changes_text(for_readers(pair.table), pair.names, sides.axis),
        }
        if pair.table is not None and sides.axis is not None
        else {"names": pair.names, "notes": pair.notes, "tree": None, "words": ""}
        for pair in sides.pairs
    ]
    return {
        "overview": sides.overview(),
        "drawings": _named("compared", sides.charts(), charts),
        "pairs": pairs,
    }


def _named(
    prefix: str, drawings: Sequence[Drawing], charts: dict[str, Drawing]
) -> list[tuple[str, Drawing]]:
    found = {f"{prefix}-{place}": one for place, one in enumerate(drawings, start=1)}
    charts |= found
    return list(found.items())
