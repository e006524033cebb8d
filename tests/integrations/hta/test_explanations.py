"""A difference is explained by its causes, by rounding, or said to be not explained."""

import pandas as pd

from samprof.integrations.hta.activities import Activities
from samprof.integrations.hta.explanations import (
    counting_causes,
    explained,
    nanoseconds,
    rounding_cause,
)

ALL = pd.DataFrame({"dur_ns": [5, 7, 9], "left_out": ["late", "", "late"]})
EXTRA = pd.DataFrame({"dur_ns": [3], "why": ["a wait"]})


def test_a_figure_has_a_reason_where_there_is_a_difference() -> None:
    assert explained("a", "b", 5, 5, ["cause"]).reason == ""
    assert explained("a", "b", 5, 6, ["one", "", "two"], "rounding").reason == "one; two; rounding"
    assert explained("a", "b", 5, 6, []).reason == "not explained"


def test_causes_have_a_count_and_a_time() -> None:
    assert counting_causes(ALL, EXTRA) == [
        "HTA leaves out 2 (14 ns): late",
        "HTA counts 1 more (3 ns): a wait",
    ]


def test_rounding_explains_no_more_than_it_can() -> None:
    found = Activities(ALL, EXTRA[:0], 0.25)
    doubles = "HTA stores times as doubles in microseconds, here 0.25 ns apart"
    assert rounding_cause(-2, 2.0, found) == doubles
    assert rounding_cause(2, 2.0, found, "to tens") == f"to tens; {doubles}"
    assert rounding_cause(-3, 2.0, found) == "not explained (-3 ns)"
    assert (
        rounding_cause(9, 2.0, Activities(ALL, EXTRA, 0.25)) == "HTA counts 1 more (3 ns): a wait"
    )


def test_microseconds_become_whole_nanoseconds() -> None:
    assert nanoseconds(pd.Series([1.001, 2.0])).tolist() == [1001, 2000]
