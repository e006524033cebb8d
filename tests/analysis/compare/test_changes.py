"""Changes and their intervals: at one size, over all sizes, of many rows together."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from samprof.analysis.compare.changes import NOT_TESTED, TOO_FEW, why_undecided, without_verdict
from samprof.analysis.compare.runs import compare_layers
from samprof.analysis.statistics.intervals import unpaired_ratio
from tests.analysis.compare.test_runs import NO_WALL, around, at_size, compared, long_form, pooled


def test_intervals_are_those_of_welch_and_wider_for_many_rows() -> None:
    a, b = [100.0, 103, 108, 101], [110.0, 118, 121, 109]
    times_a = {f"net{place}": a for place in range(5)}
    times_b = {f"net{place}": b for place in range(5)}
    table = compare_layers(long_form(times_a), long_form(times_b), NO_WALL, NO_WALL)
    for rows, level in ((at_size(table, 1), 0.95), (pooled(table), 0.99)):  # 5 rows: 5 % / 5
        found = stats.ttest_ind(np.log(b), np.log(a), equal_var=False).confidence_interval(level)
        low, high = rows.loc[0, ["ratio_low", "ratio_high"]]
        assert (low, high) == pytest.approx((np.exp(found.low), np.exp(found.high)))


def test_sizes_are_pooled_by_their_mean() -> None:
    a = pd.concat([long_form({"net": around(100)}, 1), long_form({"net": around(200)}, 2)])
    b = pd.concat([long_form({"net": around(110)}, 1), long_form({"net": around(250)}, 2)])
    (row,) = pooled(compare_layers(a, b, NO_WALL, NO_WALL)).to_dict("records")
    assert (row["a_ns"], row["b_ns"], row["difference_ns"]) == (150, 180, 30)
    assert row["ratio"] == pytest.approx((1.1 * 1.25) ** 0.5, rel=1e-3)
    assert row["change"] == "slower"


def test_a_size_shows_the_change_only_if_its_own_interval_does() -> None:
    wide = [60.0, 100, 140, 190]
    a = pd.concat([long_form({"net": around(1000)}, 1), long_form({"net": wide}, 2)])
    b = pd.concat([long_form({"net": around(4000)}, 1), long_form({"net": wide}, 2)])
    table = compare_layers(a, b, NO_WALL, NO_WALL)
    assert [pooled(table)["change"].item(), *table["change"].tolist()[1:]] == [
        "slower",
        "slower",
        "within noise",
    ]


def test_rounds_that_differ_as_a_whole_widen_the_interval() -> None:
    # Every round is off at both sizes alike: two sizes tell no more than one.
    rounds = [100.0, 110, 105, 120]
    one = long_form({"net": rounds})
    two = pd.concat([one, one.assign(size=2)])
    a, b = (pooled(compare_layers(side, side, NO_WALL, NO_WALL)).iloc[0] for side in (one, two))
    ratio = unpaired_ratio(np.array([rounds]), np.array([rounds]))
    assert a["ratio_high"] == pytest.approx(ratio.high.item())
    # The standard error is the same; the degrees of freedom are 12 instead of 6.
    quantiles = stats.t.ppf(0.975, [6, 12])
    assert np.log(b["ratio_high"]) / np.log(a["ratio_high"]) == pytest.approx(
        quantiles[1] / quantiles[0]
    )


def test_one_slow_process_makes_it_noise() -> None:
    slow_once = {"net": [100.0, 101, 102, 103, 104, 105, 106, 400]}
    other = {"net": [130.0, 131, 132, 133, 134, 135, 136, 137]}
    for a, b in ((slow_once, other), (other, slow_once)):
        assert compared(a, b)["change"].item() == "within noise"


def test_too_few_processes_cannot_tell() -> None:
    few, many = {"net": [1.0]}, {"net": [1000.0] * 9}
    for a, b in ((few, many), (many, few)):
        row = compared(a, b).iloc[0]
        assert row["change"] == "undecided"
        assert row["note"] == TOO_FEW == "too few processes to tell"
        assert np.isnan(row["ratio_low"])
    assert compared({"net": [1.0, 1.01]}, {"net": [2.0, 2.02]})["note"].item() == ""
    table = compared(few, many)
    assert why_undecided(table) == ""  # of this row only, not of the comparison
    other = without_verdict(table, "the machine was busy")
    assert why_undecided(other) == other["note"].item() == "the machine was busy"


def test_layers_that_do_not_matter_are_not_tested() -> None:
    a = {"net": around(10_000), "net.tiny": around(50), "net.grows": around(50)}
    b = {"net": around(10_000), "net.tiny": around(90), "net.grows": around(500)}
    table = compared(a, b)
    # 50 and 90 of 10,000 are below 1 %; 500 are not.
    assert table["change"].tolist() == ["within noise", "within noise", "slower"]
    assert table["note"].tolist() == ["", NOT_TESTED, ""]
