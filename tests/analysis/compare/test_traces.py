"""The line of time accounting under a comparison."""

from dataclasses import replace

from samprof.analysis.compare.trace_differences import Side, compare_traces
from samprof.analysis.compare.traces import TraceComparison
from tests.support.sides import side


def accounting(a: Side, b: Side) -> str:
    table = compare_traces(a, b, "samprof")
    return TraceComparison(table, "samprof", (a, b), "", ("old", "B"), (), ()).accounting


def test_both_sums_are_stated_to_the_nanosecond() -> None:
    a, b = side({"net": 7, "(outside)": 3}, files=2), side({"net": 4}, time_source="cpu")
    assert accounting(a, b) == (
        "Time accounting: the rows hold 10 ns of the 10 ns of device time in the 2 files of old (exact) "
        "and 4 ns of the 4 ns of CPU time in the file of B (exact)."
    )


def test_a_sum_that_does_not_agree_is_told() -> None:
    a = side({"net": 7})
    assert "7 ns of the 9 ns of device time in the file of old (DIFFERS BY -2 ns)" in accounting(
        replace(a, total_ns=9), a
    )
