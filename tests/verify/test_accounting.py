"""What the time accounting says about device traces made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from samprof.trace import load_trace
from samprof.verify.accounting import accounting_of, own_check
from samprof.verify.event_sums import events_ns
from samprof.verify.limits import DRY_LIMITS
from tests.support.tracefile import TraceFile
from tests.verify.device_trace import RECORDED, device_trace


def test_the_time_of_a_device_trace_is_that_of_its_kernels_and_copies(tmp_path: Path) -> None:
    path = device_trace(tmp_path / "trace.json")
    found = accounting_of(path)
    # Per step: 20 + 30 + 40 us of kernels and 5 us of a copy.
    assert events_ns(path) == found.rows_ns == found.events_ns == 3 * 95_000
    assert found.kernels == {0: 3, 1: 3, 2: 3}
    assert found.outside == pytest.approx(5 / 95)
    assert (found.unequal, found.lost, found.uneven, found.late, found.ok) == ((), 0, 0, 0, True)
    assert all(check.ok is not False for check in found.checks("it", DRY_LIMITS, on_gpu=True))


def test_a_lost_record_is_told_by_its_step(tmp_path: Path) -> None:
    first = accounting_of(device_trace(tmp_path / "first.json", drop=1))
    assert (first.late, first.lost, first.uneven, first.ok) == (1, 0, 0, True)
    later = accounting_of(device_trace(tmp_path / "later.json", drop=9))
    assert (later.late, later.lost, later.uneven, later.ok) == (0, 1, 1, False)
    broken = [
        check.what for check in later.checks("it", DRY_LIMITS, on_gpu=True) if check.ok is False
    ]
    assert broken == [
        "it: lost records",
        "it: difference in kernels between forwards",
        "it: passes samprof's own check",
    ]


def test_a_gpu_whose_profiler_records_nothing_of_it_fails(tmp_path: Path) -> None:
    # Without CUPTI the trace of a GPU's forwards holds ops and ranges of the host, and launches: all
    # sums of CPU time agree.
    file = TraceFile(metadata={"schemaVersion": 1, **RECORDED})
    for step in range(3):
        file.step(step, 10_000 * step, 10_000)
        file.range("enc", 10_000 * step + 100, 8_000)
        file.op("aten::mm", 10_000 * step + 200, 500)
    found = accounting_of(file.write(tmp_path / "trace.json"))
    assert found.rows_ns == found.events_ns == 3 * 8_000
    on_gpu = list(found.checks("it", DRY_LIMITS, on_gpu=True))
    assert [check.what for check in on_gpu if check.ok is False] == [
        "it: device activity is recorded"
    ]
    assert on_gpu[0].note == "no CUPTI, or another profiler holds it"
    assert all(one.ok is not False for one in found.checks("it", DRY_LIMITS, on_gpu=False))
    own = load_trace(tmp_path / "trace.json").check("samprof").as_dict()
    assert [check.ok for check in own_check("it", own, on_gpu=True)] == [False, True, True]
    assert [check.ok for check in own_check("it", own, on_gpu=False)] == [True, True]
