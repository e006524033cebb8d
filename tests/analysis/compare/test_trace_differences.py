"""Two traces side by side: hand-made sides, and what holds for any."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samprof.analysis.compare.runs import REGION_IN_B
from samprof.analysis.compare.trace_differences import Side, compare_traces, divisors_of
from tests.support.sides import side


def test_a_row_has_the_times_of_both_sides() -> None:
    a = side({"net": 10, "net.x": 90, "(outside)": 100})
    b = side({"net": 20, "net.x": 180, "(outside)": 50})
    table = compare_traces(a, b, "samprof").set_index("path")
    assert table.index.tolist() == ["net", "net.x", "(outside)"]
    assert table["depth"].tolist() == [0, 1, 0]
    assert table["a_ns"].tolist() == [100, 90, 100]
    assert table["b_ns"].tolist() == [200, 180, 50]
    assert table["difference_ns"].tolist() == [100, 90, -50]
    assert table["self_difference_ns"].tolist() == [10, 90, -50]
    assert table["ratio"].tolist() == [2.0, 2.0, 0.5]
    # Of 200 ns in all on the first side, of 250 on the second.
    assert table["share"].tolist() == [0.5, 0.45, 0.5]
    assert table["b_share"].tolist() == [0.8, 0.72, 0.2]
    assert (table["a_self_ns"].tolist(), table["b_self_ns"].tolist()) == (
        [10, 90, 100],
        [20, 180, 50],
    )
    assert set(table["change"]) == {"undecided"}
    assert table[["ratio_low", "ratio_high", "size"]].isna().all(axis=None)


def test_what_one_side_lacks_took_no_time_there() -> None:
    table = compare_traces(side({"net": 1, "net.x": 9}), side({"net": 1, "net.y": 5}), "samprof")
    assert table["path"].tolist() == ["net", "net.y", "net.x"]
    assert table["change"].tolist() == ["undecided", "only in b", "only in a"]
    assert table["difference_ns"].tolist() == [-4, 5, -9]
    assert np.isnan(table.loc[1, "a_ns"])
    assert (table.loc[1, "a_self_ns"], table.loc[2, "b_self_ns"]) == (0, 0)
    assert table["ratio"].isna().tolist() == [False, True, True]


def test_times_are_per_step_where_both_sides_know_their_steps_but_sums_are_of_the_files() -> None:
    a, b = side({"net": 300}, steps=3), side({"net": 600}, steps=5)
    row = compare_traces(a, b, "samprof").iloc[0]
    assert (row["a_ns"], row["b_ns"], row["ratio"]) == (100, 120, 1.2)
    assert (row["a_self_ns"], row["b_self_ns"]) == (300, 600)
    assert row["share"] == row["b_share"] == 1
    assert divisors_of(a, side({"net": 600})) == (1, 1)
    assert divisors_of(side({"net": 1}, files=4), side({"net": 1}, files=2)) == (4, 2)


def test_ops_come_the_largest_difference_first() -> None:
    a = side({"mm": 50, "add": 10, "copy": 5, "(outside)": 1})
    b = side({"mm": 20, "fused": 31, "copy": 5, "add": 10})
    table = compare_traces(a, b, "op")
    assert table["path"].tolist() == ["fused", "mm", "(outside)", "add", "copy"]
    assert table["difference_ns"].sum() == 66 - 66


def test_kernels_that_changed_are_a_column() -> None:
    a = side({"net": 9}, kernels=[("net", "gemm", 4, 8), ("net", "add", 2, 1)], steps=2)
    b = side({"net": 5}, kernels=[("net", "fused", 3, 4), ("net", "add", 1, 1)], steps=1)
    row = compare_traces(a, b, "samprof").iloc[0]
    assert row["kernels"] == "-2 gemm, +3 fused"
    assert row["kernel_changes"] == [
        {"kernel": "gemm", "a": 4, "b": 0},
        {"kernel": "fused", "a": 0, "b": 3},
    ]
    host = side({"net": 50}, time_source="cpu")
    assert compare_traces(a, host, "samprof")["kernels"].tolist() == [""]


def test_notes_say_of_which_side_they_are_and_what_is_one_region() -> None:
    a = side({"net": 1, "net.x": 9, "net.x.y": 5}, notes={"net": "same", "net.x.y": "old"})
    b = side({"net": 1, "net.x": 9}, notes={"net": "same", "net.x": "compiled region, not split"})
    table = compare_traces(a, b, "samprof")
    assert table["note"].tolist() == [
        "same",
        f"in b: compiled region, not split; {REGION_IN_B}",
        "in a: old",
    ]


def test_of_ranks_the_least_and_the_most_are_there() -> None:
    spread = pd.DataFrame({"least_ns": [4.0], "most_ns": [6.0]}, index=["net"])
    table = compare_traces(side({"net": 10}, files=2, spread=spread), side({"net": 3}), "samprof")
    assert table[["a_ns", "b_ns", "a_least_ns", "a_most_ns"]].to_numpy().tolist() == [[5, 3, 4, 6]]
    assert "b_least_ns" not in table


PATHS = ("net", "net.x", "net.x.y", "net.z", "(outside)")
TIMES = st.dictionaries(st.sampled_from(PATHS), st.integers(0, 10**12), min_size=1)


def made(times: dict[str, int], steps: int) -> Side:
    return side({path: times[path] for path in PATHS if path in times}, steps=steps)


@given(a=TIMES, b=TIMES, steps=st.integers(1, 9))
@settings(max_examples=50)
def test_the_sums_of_both_sides_are_those_of_the_files(
    a: dict[str, int], b: dict[str, int], steps: int
) -> None:
    for by in ("samprof", "op"):
        table = compare_traces(made(a, steps), made(b, 2), by)
        assert table["a_self_ns"].sum() == sum(a.values())
        assert table["b_self_ns"].sum() == sum(b.values())
        own = sum(b.values()) / 2 - sum(a.values()) / steps
        assert table["self_difference_ns"].sum() == pytest.approx(own, abs=1)


@given(times=TIMES)
@settings(max_examples=30)
def test_nothing_differs_from_itself(times: dict[str, int]) -> None:
    table = compare_traces(made(times, 1), made(times, 1), "samprof")
    assert (table["difference_ns"] == 0).all()
    assert table["ratio"].dropna().eq(1).all()


@given(a=TIMES, b=TIMES)
@settings(max_examples=30)
def test_the_sides_can_be_swapped(a: dict[str, int], b: dict[str, int]) -> None:
    one = compare_traces(made(a, 1), made(b, 1), "op").set_index("path")
    other = compare_traces(made(b, 1), made(a, 1), "op").set_index("path").loc[one.index]
    assert one["difference_ns"].tolist() == (-other["difference_ns"]).tolist()
    assert one["a_self_ns"].tolist() == other["b_self_ns"].tolist()
