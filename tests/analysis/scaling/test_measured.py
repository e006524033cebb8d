"""Points that hold a measurement."""

import pandas as pd
import pytest

from samprof.analysis.scaling.measured import NOISY, OK, measured


def test_points_that_ran_to_their_end_are_measured_noisy_or_not() -> None:
    status = [OK, "oom", NOISY, "error", "crashed", "timeout", "ok ", "OK"]
    points = pd.DataFrame({"size": range(len(status)), "status": status})
    assert measured(points)["size"].tolist() == [0, 2]
    assert points["status"].tolist() == status


@pytest.mark.parametrize("status", [["oom", "error"], []])
def test_of_points_without_a_measurement_only_the_columns_are_left(status: list[str]) -> None:
    found = measured(pd.DataFrame({"size": range(len(status)), "status": status}))
    assert (len(found), found.columns.tolist()) == (0, ["size", "status"])
