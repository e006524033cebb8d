"""`samprof compare` of anything but runs: traces, recordings, ranks, a run against one of them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from samprof.cli.output import print_table
from samprof.cli.part_options import part_shown
from samprof.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.compare.traces import TraceComparison
    from samprof.sweeps.run.run import Run
    from samprof.trace import Trace
    from samprof.trace.ranks.ranks import Ranks


def print_trace_comparisons(
    opened: Sequence[Run | Trace | Ranks], options: argparse.Namespace
) -> int:
    """Prints how each of the others differs from the first.

    Raises:
        SamprofError: there is nothing to compare, or nothing to judge by.
    """
    first, *others = options.paths
    if not others:
        what = "a directory of traces" if Path(first).is_dir() else "a trace"
        remedy = "give the directory that samprof sweep wrote, or what to compare this one with"
        raise UsageError("compare", first, f"{what}, not a run", remedy)
    if options.gate is not None:
        cause = "a recording is one process: no row has an interval to judge by"
        remedy = "sweep both sides (samprof sweep) and compare the runs"
        raise UsageError("compare", f"--gate {options.gate}", cause, remedy)
    found = [
        _compared(opened[0], other, (first, path), options)
        for other, path in zip(opened[1:], others, strict=True)
    ]

    def as_text(width: int | None) -> str:
        from samprof.report.text.compare_traces import trace_comparison_text

        pairs = zip(found, others, strict=True)
        part = (options.depth, options.root)
        texts = [trace_comparison_text(one, width, (first, b), *part) for one, b in pairs]
        return "\n".join(texts)

    notes = [note for one in found for note in one.table.attrs["notes"]]
    print_table(_all_rows(found, options), options, as_text, notes)
    return 0


def _compared(
    a: Run | Trace | Ranks,
    b: Run | Trace | Ranks,
    paths: tuple[str, str],
    options: argparse.Namespace,
) -> TraceComparison:
    from samprof.report.text.sides import headers_of
    from samprof.sweeps.compare.compare import compare_any
    from samprof.trace.ranks.ranks import Ranks

    with ExitStack() as stack:
        progress = None
        if isinstance(a, Ranks) or isinstance(b, Ranks):
            from samprof.cli.progress import ReadingBar

            progress = stack.enter_context(ReadingBar())
        return compare_any(
            a,
            b,
            by=options.by,
            size=options.size,
            names=headers_of(paths),
            paths=paths,
            progress=progress,
            fused=options.fused,
        )


def _all_rows(found: Sequence[TraceComparison], options: argparse.Namespace) -> pd.DataFrame:
    """The rows for programs, with the path of the compared side if there are several."""
    import pandas as pd

    tables = []
    for one, path in zip(found, options.paths[1:], strict=True):
        table = part_shown(one.table, options).copy()
        if options.csv:
            table["kernel_changes"] = table["kernel_changes"].map(json.dumps)
        if len(found) > 1:
            table.insert(0, "run", path)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
