"""What held a GPU back while it was verified: heat fails, a power cap is shown."""

import pytest

from samprof.record.gpu import GpuAtWork
from samprof.verify.groups.device import throttling


def test_heat_fails_and_a_power_cap_is_shown() -> None:
    seen = GpuAtWork(100, 1400.0, 690.0, {"power cap": 0.9, "thermal slowdown": 0.2})
    assert [check.line() for check in throttling(seen)] == [
        "fail    slowed down by heat or a fault: 20 % of the time (at most 5) [thermal slowdown]",
        "shown   held back by power cap: 90 % of the time",
    ]
    (cool,) = throttling(GpuAtWork(100, 1980.0, 400.0, {}))
    assert cool.ok is True


@pytest.mark.parametrize("seen", [None, GpuAtWork(0)])
def test_a_gpu_that_was_not_seen_at_work_is_not_judged(seen: GpuAtWork | None) -> None:
    (check,) = throttling(seen)
    assert check.verdict == "not run"
