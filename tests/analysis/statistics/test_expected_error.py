"""Intervals of what was predicted: factors that cover, and what they do to tables."""

import numpy as np
import pandas as pd
import pytest

from samprof.analysis.statistics.expected_error import (
    ExpectedError,
    covering_factor,
    expected_from,
    with_expected,
)


def test_the_factor_covers_the_next_ratio_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    held = []
    for _ in range(2_000):
        *known, following = np.exp(random.normal(0, 0.3, 30))
        held.append(abs(np.log(following)) <= np.log(covering_factor(known)))
    assert 0.885 <= np.mean(held) <= 0.925  # ceil(30 * 0.9) / 30 of ranks, +- 2 standard errors


def test_too_few_ratios_give_the_largest() -> None:
    assert covering_factor([1.1, 0.5]) == pytest.approx(2.0)  # 0.5 is as far from 1 as 2 is


def test_what_was_measured_stays_as_it_is() -> None:
    table = pd.DataFrame({"speedup": [2.0], "speedup_low": [1.9], "speedup_high": [2.1]})
    assert with_expected(table, None) is table
    assert with_expected(table, ExpectedError(2.0, 2.0)).equals(table)


def test_a_class_holds_for_the_whole_interval() -> None:
    nan = [np.nan] * 3
    table = pd.DataFrame({"speedup": [1.0, 1.3, 1.1], "speedup_low": nan, "speedup_high": nan})
    found = with_expected(table.assign(**{"class": "undecided"}), ExpectedError(1.5, 1.05))
    assert found["class"].tolist() == ["same", "gains", "not worse"]
    assert found["speedup_high"].tolist() == pytest.approx([1.05, 1.365, 1.155])


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"time": 0.5, "speedup": 1.1},
        {"time": 1.2},
        {"time": float("inf"), "speedup": 1},
    ],
)
def test_what_makes_no_sense_is_no_error(data: object) -> None:
    assert expected_from(data) is None
