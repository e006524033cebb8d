"""Time accounting on the page: each size with its own remarks, and shared ones once."""

from dataclasses import replace
from typing import Any

from samprof.report.page.page import _accounting
from tests.report.tables import summary


def accounting(notes: dict[int, list[str]]) -> dict[str, Any]:
    found = summary()
    checks = {size: {**found.checks[4], "notes": said} for size, said in notes.items()}
    return _accounting(replace(found, checks=checks))


def test_a_remark_on_all_batch_sizes_stands_once() -> None:
    found = accounting({1: ["windows pad"], 4: ["windows pad", "2 events passed over"]})
    assert found["remarks"] == ["windows pad"]
    assert [len(lines) for lines in found["checks"].values()] == [1, 2]
    assert found["checks"]["batch 4"][1] == "2 events passed over"
    assert found["checks"]["batch 1"][0].endswith("(exact)\n")


def test_without_points_there_is_nothing_to_account_for() -> None:
    assert accounting({}) == {"checks": {}, "remarks": []}
