"""`samprof compare`: what changed between runs, or between the variants of one."""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from samprof.cli.output import add_output_arguments, for_programs, print_table
from samprof.cli.source import open_run
from samprof.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from samprof.analysis.axis import Axis
    from samprof.sweep.run import Run

REGRESSED = 1


@dataclass(frozen=True)
class _Comparison:
    """One table, and what its sides are called."""

    names: tuple[str, str]
    table: pd.DataFrame
    axis: Axis


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="RUN",
        help="run directories, each compared with the first; or one that holds several variants",
    )
    parser.add_argument("--batch-size", type=int, metavar="B", help="only this one")
    parser.add_argument("--depth", type=int, metavar="N", help="rows down to this depth")
    parser.add_argument(
        "--gate",
        metavar="PERCENT",
        help="exit 1 if a layer is slower by more than this (5%%, or 0.05) and more than noise",
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the comparisons; with a gate exits 1 if something became slower than it allows."""
    gate = None if options.gate is None else gate_of(options.gate)
    compared = _compared(options)
    if gate is not None:
        _refuse_untold(compared)

    def as_text(width: int | None) -> str:
        from samprof.report.compare import compare_text

        texts = [
            compare_text(one.table, width, one.names, options.depth, one.axis) for one in compared
        ]
        return "\n".join(texts)

    print_table(_all_rows(compared, options.depth), options, as_text)
    if gate is None:
        return 0
    lines, passed = _judged(compared, gate)
    quiet = for_programs(options) and not options.markdown
    out = sys.stderr if quiet else sys.stdout
    out.write(("" if quiet else "\n") + "".join(f"{line}\n" for line in lines))
    if not passed and not quiet:
        _print_notes([_one_process(path) for path in options.paths if _has_one_process(path)])
    return 0 if passed else REGRESSED


def gate_of(text: str) -> float:
    """The part that a gate allows: 5%, 5 % and 0.05 are the same.

    Raises:
        UsageError: it is none.

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
        raise UsageError("compare", f"--gate {text}", "not a part", "write it as 5% or 0.05")
    return value


def _compared(options: argparse.Namespace) -> list[_Comparison]:
    from samprof.sweep.compare import compare_runs, differences

    runs = [open_run(path) for path in options.paths]
    if len(runs) == 1:
        return _variants(runs[0], options)
    first, *others = runs
    tables = [compare_runs(first, other) for other in others]
    _print_notes([note for other in others for note in differences(first, other)])
    return [
        _comparison((options.paths[0], path), table, first.axis, options.batch_size)
        for path, table in zip(options.paths[1:], tables, strict=True)
    ]


def _variants(run: Run, options: argparse.Namespace) -> list[_Comparison]:
    from samprof.sweep.compare import compare_runs

    first, *others = run.good_variants() or [""]
    if not others:
        cause = f"one run with {'one variant' if first else 'no good point'}: nothing to compare"
        raise UsageError("compare", run.path, cause, "give another run directory as well")
    tables = [compare_runs(run, run, first, other) for other in others]
    failed = sorted(set(run.points()["variant"]) - {first, *others})
    _print_notes([f"no batch size of variant {variant} ran to its end" for variant in failed])
    return [
        _comparison((first, other), table, run.axis, options.batch_size)
        for other, table in zip(others, tables, strict=True)
    ]


def _comparison(
    names: tuple[str, str], table: pd.DataFrame, axis: Axis, size: int | None
) -> _Comparison:
    if size is None:
        return _Comparison(names, table, axis)
    found = table[table["batch_size"] == size]
    if found.empty:
        common = ", ".join(str(one) for one in table["batch_size"].unique())
        cause = f"no {axis.text(size)} on both sides"
        raise UsageError("compare", names[1], cause, f"both have {common}")
    return _Comparison(names, found.reset_index(drop=True), axis)


def _has_one_process(path: str) -> bool:
    processes: int = open_run(path).asked.get("processes", 1)
    return processes == 1


def _one_process(path: str) -> str:
    return (
        f"each point of {path} was measured in one process, whose luck its repeats share; for a "
        "gate sweep with --processes 4"
    )


def _print_notes(notes: Sequence[str]) -> None:
    sys.stderr.write("".join(f"samprof: note: {note}\n" for note in dict.fromkeys(notes)))


def _all_rows(compared: Sequence[_Comparison], depth: int | None) -> pd.DataFrame:
    """The rows for programs: with the name of the compared run where there are several."""
    import pandas as pd

    tables = [one.table for one in compared]
    if len(compared) > 1:
        tables = [one.table.copy() for one in compared]
        for one, table in zip(compared, tables, strict=True):
            table.insert(0, "run", one.names[1])
    rows = pd.concat(tables, ignore_index=True)
    return rows if depth is None else rows[rows["depth"] <= depth]


def _refuse_untold(compared: Sequence[_Comparison]) -> None:
    """A gate that nothing can fail must not pass.

    Raises:
        UsageError: no row of a comparison has enough repeats.
    """
    from samprof.analysis.compare import FEWEST_REPEATS, TOO_FEW

    for one in compared:
        both = one.table["a_ns"].notna() & one.table["b_ns"].notna()
        if one.table.loc[both, "note"].str.contains(TOO_FEW, regex=False).all():
            cause = f"fewer than {FEWEST_REPEATS} repeats: the gate cannot tell a change from noise"
            remedy = f"sweep with --repeats {FEWEST_REPEATS} or more"
            raise UsageError("compare", one.names[1], cause, remedy)


def _judged(compared: Sequence[_Comparison], gate: float) -> tuple[list[str], bool]:
    """What the gate says, in lines, and whether everything passed."""
    from samprof.analysis.compare import regressions
    from samprof.report.compare import row_text

    lines, passed = [], True
    for one in compared:
        found = regressions(one.table, gate)
        start = f"gate {100 * gate:g}%" + (f", {one.names[1]}" if len(compared) > 1 else "")
        if found.empty:
            lines.append(f"{start}: passed")
            continue
        passed = False
        count = "1 row is" if len(found) == 1 else f"{len(found)} rows are"
        lines.append(f"{start}: FAILED: {count} slower by more")
        lines += [f"  {row_text(row, one.axis)}" for _, row in found.iterrows()]
    return lines, passed
