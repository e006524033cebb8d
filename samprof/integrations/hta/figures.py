"""HTA's figures of some traces beside samprof's own, with what explains the differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from samprof.integrations.hta.activities import Activities, activities
from samprof.integrations.hta.analysis import errors_named, quiet
from samprof.integrations.hta.kernel_figures import kernel_sums, name_figures, type_figures
from samprof.integrations.hta.launch_figures import launch_figures
from samprof.integrations.hta.time_figures import (
    idle_figures,
    temporal_breakdown,
    temporal_figures,
)

if TYPE_CHECKING:
    import pandas as pd
    from hta.trace_analysis import TraceAnalysis

    from samprof.trace import Trace

COLUMNS = ["rank", "analysis", "item", "unit", "hta", "samprof", "difference", "reason"]


def figures_table(analysis: TraceAnalysis, traces: Mapping[int, Trace]) -> pd.DataFrame:
    """One row per figure and rank.

    Args:
        analysis: HTA's, of the same traces.
        traces: rank -> trace.

    Returns:
        Columns rank, analysis, item, unit (ns or launches), hta, samprof, difference (hta less
        samprof), reason.

    Raises:
        TraceError: HTA fails on a trace.
    """
    from hta.utils.utils import get_kernel_type

    files = ", ".join(str(analysis.t.trace_files[rank]) for rank in traces)
    with errors_named(files), quiet():
        found = {
            rank: activities(analysis, rank, trace, get_kernel_type)
            for rank, trace in traces.items()
        }
        return _table(analysis, found)


def _table(analysis: TraceAnalysis, found: Mapping[int, Activities]) -> pd.DataFrame:
    import pandas as pd

    rows: list[tuple[Any, ...]] = []
    sums, breakdown = kernel_sums(analysis), temporal_breakdown(analysis)
    for rank, of_rank in found.items():
        for figure in (
            *type_figures(sums[rank], of_rank),
            *name_figures(sums[rank], of_rank),
            *temporal_figures(breakdown[rank], of_rank),
            *idle_figures(analysis, rank, of_rank),
            *launch_figures(analysis, rank, of_rank),
        ):
            ours = figure.samprof
            difference = None if ours is None else figure.hta - ours
            head = (rank, figure.analysis, figure.item, figure.unit)
            rows.append((*head, figure.hta, ours, difference, figure.reason))
    return pd.DataFrame(rows, columns=COLUMNS).astype(
        dict.fromkeys(("samprof", "difference"), "Int64")
    )
