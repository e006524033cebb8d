"""The device: kernels lost at the start of sessions, and what held it back while it was verified."""

from pathlib import Path

import pytest

from samprof.record.device.gpu import GpuAtWork
from samprof.trace import load_trace
from samprof.verify.groups.device import launch_delays_us, sessions_compared, throttling
from tests.verify.device_trace import device_trace


def test_one_more_kernel_lost_in_every_session_fails_whether_its_launch_is_there_or_not() -> None:
    assert [check.line() for check in sessions_compared([0, 1, 2, 3], [90, 89, 88, 87])] == [
        "fail    kernels lost in 4 sessions: 6 kernels (exactly 0) [in session 1 to 4: 0, 1, 2, 3]",
        "fail    difference in kernels between 4 sessions: 3 kernels (exactly 0) "
        "[in session 1 to 4: 90, 89, 88, 87]",
    ]
    found = sessions_compared([0, 0, 0, 0], [90, 90, 90, 89])
    assert [check.verdict for check in found] == ["pass", "fail"]
    assert all(check.ok for check in sessions_compared([0] * 4, [90] * 4))


def test_delays_of_kernels_are_told_as_quantiles(tmp_path: Path) -> None:
    trace = load_trace(device_trace(tmp_path / "trace.json"), cache=False)
    delays = launch_delays_us(trace.kernels("samprof"))
    # Launches at 0.3, 0.5 and 4.1 us of each 10 us, kernels at 1000, 1025 and 1060 us of each 100 us:
    # from 999.7 us in the first step to 1060 + 200 - 4.1 - 20 us in the third.
    assert delays["0"] == pytest.approx(999.7)
    assert delays["1"] == pytest.approx(1235.9)
    assert list(delays.values()) == sorted(delays.values())
    assert launch_delays_us(trace.kernels("samprof").iloc[:0]) == {}


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
