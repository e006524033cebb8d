"""Compares whatever holds layers or ops: runs, traces, recordings, ranks. No torch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from samprof.analysis.compare.alignment import KIND_WORDS, LAYER_KINDS, Alignment, align
from samprof.analysis.scaling.fused import SETS
from samprof.errors import UsageError
from samprof.report.text.sides import LETTERS
from samprof.sweeps.compare.notes import said_above, said_below
from samprof.sweeps.compare.sides import both_sides
from samprof.sweeps.compare.size import size_of_run
from samprof.sweeps.compare.source import Progress, Source, source_of, source_of_run
from samprof.sweeps.run.run import Run
from samprof.trace.model.ranges import By, check_by

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.compare.traces import TraceComparison
    from samprof.record.recording import Recording
    from samprof.trace import Trace
    from samprof.trace.ranks.ranks import Ranks

    Comparable = Run | Trace | Recording | Ranks


def compare_any(
    a: Comparable,
    b: Comparable,
    *,
    by: By = "auto",
    size: int | None = None,
    names: tuple[str, str] = LETTERS,
    paths: tuple[str, str] | None = None,
    progress: Progress | None = None,
    fused: str = SETS,
) -> TraceComparison:
    """How the layers or ops of two traces differ, at least one of which is no run.

    Args:
        a: what is compared with.
        b: what is compared.
        by: samprof, module, annotation or op; `auto` takes the first of these by which both have
            layers in common.
        size: of a run, which.
        names: what to call the sides.
        paths: where they are, if they are files.
        progress: called with the number of ranks read so far, and of all.
        fused: what becomes of rows that layers share; see `samprof.analysis.scaling.fused`.

    Raises:
        UsageError: what is given holds no trace, both have no ranges of that kind, or the size of a
            run is not known.
        RunError: a run has no such size.
        TraceError: none of the traces of a job can be read.
    """
    from samprof.analysis.compare.trace_differences import compare_traces
    from samprof.analysis.compare.traces import TraceComparison

    check_by(by)
    first, second = _sources((a, b), names, paths or names, size)
    sources = replace(first, fused=fused), replace(second, fused=fused)
    alignment = _alignment(sources, by)
    sides, steps = both_sides(sources, alignment, progress)
    table = compare_traces(*sides, alignment.by)
    table["size"] = next((one.size for one in sources if one.size is not None), float("nan"))
    comparison = TraceComparison(
        table=table,
        by=alignment.by,
        sides=sides,
        per=steps.per,
        names=names,
        above=tuple(said_above(sources, sides, alignment, steps, asked=by, paths=paths)),
        below=tuple(said_below(sources)),
    )
    table.attrs["notes"] = [*comparison.above, comparison.accounting, *comparison.below]
    return comparison


def refuse_ranges(by: str) -> None:
    """Ends a comparison of two runs by a kind of range: they are compared by their layers.

    Raises:
        UsageError: by is not auto.
    """
    if by != "auto":
        remedy = "leave it out, or give the traces of both"
        raise UsageError("compare", f"by={by}", "runs are compared by their layers", remedy)


def _sources(
    given: tuple[Comparable, Comparable],
    names: tuple[str, str],
    paths: tuple[str, str],
    size: int | None,
) -> tuple[Source, Source]:
    """Both sides; a run at the size of the other side."""
    found = {
        place: source_of(one, names[place], paths[place])
        for place, one in enumerate(given)
        if not isinstance(one, Run)
    }
    if len(found) == 2 and size is not None:
        cause, remedy = "neither side is a run", "leave it out, or give a run directory"
        raise UsageError("compare", f"size {size}", cause, remedy)
    for place, one in enumerate(given):
        if isinstance(one, Run):
            at = size_of_run(one, found[1 - place].first, size)
            found[place] = source_of_run(one, names[place], at)
    return found[0], found[1]


def _alignment(sources: tuple[Source, Source], by: By) -> Alignment:
    """How the rows of both are matched.

    Raises:
        UsageError: the kind of range that was asked for is not there, or nothing in it is shared.
    """
    from samprof.analysis.compare.trace_rows import side_rows

    def rows(place: int, kind: By) -> pd.DataFrame:
        return side_rows([sources[place].layers(kind)], kind)

    if by == "op":
        return Alignment("op")
    asked: tuple[By, ...] = LAYER_KINDS if by == "auto" else (by,)
    both = [kind for kind in asked if all(kind in source.kinds for source in sources)]
    found = align(
        lambda kind: rows(0, kind), lambda kind: rows(1, kind), both, even_if_hardly=by != "auto"
    )
    if found is not None:
        return found
    if by == "auto":
        return Alignment("op")
    where = next((source.where for source in sources if by not in source.kinds), "")
    cause = f"{where} has no {KIND_WORDS[by]}" if where else "no path in common"
    remedy = "compare by op, or by ranges that both have"
    raise UsageError("compare", f"by={by}", cause, remedy)
