"""`samprof compare`: which layers changed between runs, variants of one, traces, ranks."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from samprof.cli.compare_traces import print_trace_comparisons
from samprof.cli.open_path import (
    add_by_argument,
    add_cache_argument,
    add_size_argument,
    open_path,
)
from samprof.cli.output import (
    add_output_arguments,
    for_programs,
    print_notes,
    print_table,
    write_err,
    write_out,
)
from samprof.cli.part_options import add_fused_argument, add_part_arguments, check_root
from samprof.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from samprof.analysis.scaling.axis import Axis
    from samprof.sweeps.run.run import Run

REGRESSED = 1


@dataclass(frozen=True)
class _Comparison:
    """One table and the names of its two sides."""

    names: tuple[str, str]
    table: pd.DataFrame
    axis: Axis


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="RUN",
        help="two or more, each compared with the first: run directories, traces (.json, .json.gz), "
        "directories of a job's traces; or one run with several variants",
    )
    add_size_argument(
        parser,
        "compare this size only (default: all that the runs share; of a run against a trace, the "
        "trace's)",
    )
    add_by_argument(
        parser, "the first of these by which both have layers in common; runs: their layers"
    )
    add_cache_argument(parser)
    add_part_arguments(parser)
    add_fused_argument(parser)
    parser.add_argument(
        "--gate",
        metavar="PERCENT",
        help="exit 1 if a layer is slower by more than this (5%% or 0.05), beyond noise",
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the comparisons; returns 1 if something is slower than the gate allows."""
    from samprof.sweeps.compare.compare import refuse_ranges
    from samprof.sweeps.run.run import Run

    gate = None if options.gate is None else gate_of(options.gate)
    opened = [open_path(path, cache=not options.no_cache) for path in options.paths]
    runs = [one for one in opened if isinstance(one, Run)]
    if len(runs) < len(opened):
        return print_trace_comparisons(opened, options)
    refuse_ranges(options.by)
    compared = [_narrowed(one, options) for one in _compared(runs, options)]
    if gate is not None:
        _refuse_too_few_processes(compared)

    def as_text(width: int | None) -> str:
        from samprof.report.text.compare import compare_text

        texts = [
            compare_text(one.table, width, one.names, options.depth, one.axis) for one in compared
        ]
        return "\n".join(texts)

    print_table(_all_rows(compared, options.depth), options, as_text)
    if gate is None:
        return 0
    lines, passed = _judged(compared, gate, options.root)
    quiet = for_programs(options) and not options.markdown
    text = "".join(f"{line}\n" for line in lines)
    if quiet:
        write_err(text)
    else:
        write_out(f"\n{text}")
    return 0 if passed else REGRESSED


def gate_of(text: str) -> float:
    """The fraction that a gate allows: 5%, 5 % and 0.05 mean the same.

    Raises:
        UsageError: the text is not a fraction.

    Example:
        >>> gate_of("5%"), gate_of("5 %"), gate_of("0.05")
        (0.05, 0.05, 0.05)
    """
    number, percent, rest = text.strip().partition("%")
    try:
        value = float(number) / (100 if percent else 1)
    except ValueError:
        value = math.nan
    # A bare 5 is not 500 %: whoever writes it means 5 %.
    if rest or not 0 <= value < math.inf or (not percent and value >= 1):
        raise UsageError("compare", f"--gate {text}", "not a fraction", "write it as 5% or 0.05")
    return value


def _compared(runs: Sequence[Run], options: argparse.Namespace) -> list[_Comparison]:
    from samprof.sweeps.run.compare import compare_runs, differences

    if len(runs) == 1:
        return _variants(runs[0], options)
    first, *others = runs
    tables = [
        compare_runs(first.data, other.data, size=options.size, fused=options.fused)
        for other in others
    ]
    print_notes([note for other in others for note in differences(first.data, other.data)])
    return [
        _Comparison((options.paths[0], path), table, first.axis)
        for path, table in zip(options.paths[1:], tables, strict=True)
    ]


def _variants(run: Run, options: argparse.Namespace) -> list[_Comparison]:
    from samprof.sweeps.run.compare import compare_variants

    tables = compare_variants(run.data, options.size, options.fused)
    failed = sorted(set(run.points()["variant"]) - set(run.data.good_variants()))
    print_notes([f"no size of variant {variant} ran to its end" for variant in failed])
    return [_Comparison(names, table, run.axis) for names, table in tables.items()]


def _narrowed(compared: _Comparison, options: argparse.Namespace) -> _Comparison:
    """The comparison of what is inside `--root`: all that is said and judged is about that."""
    from samprof.analysis.scaling.part import part_of

    check_root(compared.table["path"], options)
    return replace(compared, table=part_of(compared.table, root=options.root))


def _all_rows(compared: Sequence[_Comparison], depth: int | None) -> pd.DataFrame:
    """The rows for programs, with the name of the compared run if there are several."""
    import pandas as pd

    from samprof.analysis.scaling.part import part_of

    tables = [one.table for one in compared]
    if len(compared) > 1:
        tables = [one.table.copy() for one in compared]
        for one, table in zip(compared, tables, strict=True):
            table.insert(0, "run", one.names[1])
    return part_of(pd.concat(tables, ignore_index=True), depth)


def _refuse_too_few_processes(compared: Sequence[_Comparison]) -> None:
    """Refuses a gate that nothing could fail.

    Raises:
        UsageError: no row of a comparison has enough processes.
    """
    from samprof.analysis.compare.changes import FEWEST_PROCESSES, TOO_FEW, overall, why_undecided

    for one in compared:
        if why_undecided(one.table):
            continue  # a machine that was not quiet is no mistake of the user: the gate says so
        table = overall(one.table)
        both = table["a_ns"].notna() & table["b_ns"].notna()
        if table.loc[both, "note"].str.contains(TOO_FEW, regex=False).all():
            cause = f"fewer than {FEWEST_PROCESSES} processes per size: noise cannot be told from change"
            remedy = f"sweep with --rounds {FEWEST_PROCESSES} or more"
            raise UsageError("compare", one.names[1], cause, remedy)


def _judged(
    compared: Sequence[_Comparison], gate: float, root: str | None
) -> tuple[list[str], bool]:
    """The lines that the gate prints, and whether everything passed."""
    from samprof.analysis.compare.causes import regressions
    from samprof.analysis.compare.changes import for_readers, why_undecided
    from samprof.report.text.changes import row_text

    lines, passed = [], True
    for one in compared:
        found = regressions(for_readers(one.table), gate)
        start = f"gate {100 * gate:g}%" + (f", {one.names[1]}" if len(compared) > 1 else "")
        start += f", inside {root}" if root is not None else ""
        why = why_undecided(one.table)
        if found.empty:
            lines.append(f"{start}: undecided, because {why}" if why else f"{start}: passed")
            continue
        passed = False
        count = "1 row is" if len(found) == 1 else f"{len(found)} rows are"
        lines.append(f"{start}: FAILED: {count} slower by more")
        lines += [f"  {row_text(row, one.axis)}" for _, row in found.iterrows()]
    return lines, passed
