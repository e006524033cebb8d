"""What the time accounting says about device traces made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from samprof.verify.accounting import accounting_of
from samprof.verify.event_sums import events_ns
from samprof.verify.limits import DRY_LIMITS
from tests.verify.device_trace import device_trace


def test_the_time_of_a_device_trace_is_that_of_its_kernels_and_copies(tmp_path: Path) -> None:
    path = device_trace(tmp_path / "trace.json")
    found = accounting_of(path)
    # Per step: 20 + 30 + 40 us of kernels and 5 us of a copy.
    assert events_ns(path) == found.rows_ns == found.events_ns == 3 * 95_000
    assert found.kernels == {0: 3, 1: 3, 2: 3}
    assert found.outside == pytest.approx(5 / 95)
    assert (found.unequal, found.lost, found.uneven, found.late, found.ok) == ((), 0, 0, 0, True)
    assert all(check.ok is not False for check in found.checks("it", DRY_LIMITS))


def test_a_lost_record_is_told_by_its_step(tmp_path: Path) -> None:
    first = accounting_of(device_trace(tmp_path / "first.json", drop=1))
    assert (first.late, first.lost, first.uneven, first.ok) == (1, 0, 0, True)
    later = accounting_of(device_trace(tmp_path / "later.json", drop=9))
    assert (later.late, later.lost, later.uneven, later.ok) == (0, 1, 1, False)
    broken = [check.what for check in later.checks("it", DRY_LIMITS) if check.ok is False]
    assert broken == [
        "it: lost records",
        "it: difference in kernels between forwards",
        "it: passes samprof's own check",
    ]
