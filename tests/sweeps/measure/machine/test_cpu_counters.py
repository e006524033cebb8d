"""Counters of the CPUs: hand-written texts of /proc, and shares between two readings."""

import os
from pathlib import Path

import pytest

from samprof.sweeps.measure.machine import cpu_counters as counters
from samprof.sweeps.measure.machine.cpu_counters import (
    CpuCounters,
    Spent,
    cpu_seconds,
    pressure_seconds,
)

STAT = """\
cpu  300 30 130 1500 4 2 6 12 1 0
cpu0 100 10 50 700 3 1 2 5 1 0
cpu1 200 20 80 800 1 1 4 7 0 0
cpu10 9000 0 0 0 0 0 0 0 0 0
intr 12 0 0
"""


def test_busy_and_stolen_seconds_are_those_of_the_cpus_asked_for() -> None:
    # cpu0: 100 + 10 + 50 + 1 + 2 = 163 ticks; cpu1: 200 + 20 + 80 + 1 + 4 = 305. No idle, no iowait,
    # no steal, and guest is in user.
    assert cpu_seconds(STAT, [0], ticks_per_s=100) == (1.63, 0.05)
    assert cpu_seconds(STAT, [0, 1], ticks_per_s=100) == (4.68, 0.12)


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("", [0]), (STAT, [2]), (STAT, [0, 2]), (STAT, []), ("cpu0 1 2 3 4", [0])],
    ids=["no file", "no such cpu", "one of two missing", "no cpus", "an old kernel"],
)
def test_what_is_not_there_is_none(text: str, cpus: list[int]) -> None:
    assert cpu_seconds(text, cpus, ticks_per_s=100) == (None, None)


def test_pressure_is_the_total_of_some() -> None:
    full = "full avg10=0.00 avg60=0.00 avg300=0.00 total=7"
    some = "some avg10=3.51 avg60=1.49 avg300=3.27 total=89694900"
    assert pressure_seconds(f"{some}\n{full}\n") == 89.6949
    assert pressure_seconds(full) is None
    assert pressure_seconds("") is None
    assert pressure_seconds("some avg10=0.00") is None


def test_shares_of_the_time_between_two_readings() -> None:
    start = CpuCounters(10.0, 2, 100.0, 5.0, 50.0)
    end = CpuCounters(14.0, 2, 106.0, 5.8, 51.0)
    # 4 s on 2 CPUs are 8 s. Busy 6 s, of which ours 4: 2 / 8. Stolen 0.8 / 8. Pressure 1 s of 4.
    assert counters.shares(start, end, own_cpu_s=4.0) == Spent(0.25, 0.25, pytest.approx(0.1))


def test_our_own_time_never_makes_a_share_negative() -> None:
    start, end = CpuCounters(0.0, 1, 1.0, 0.0, 0.0), CpuCounters(1.0, 1, 1.5, 0.0, 0.0)
    assert counters.shares(start, end, own_cpu_s=0.75) == Spent(0.0, 0.0, 0.0)


def test_shares_that_cannot_be_known_are_none() -> None:
    bare = CpuCounters(0.0, 1, None, None, None)
    later = CpuCounters(1.0, 1, None, None, None)
    unknown = Spent(None, None, None)
    assert counters.shares(bare, later, own_cpu_s=0.0) == unknown
    full = CpuCounters(1.0, 1, 1.0, 1.0, 1.0)
    assert counters.shares(full, full, own_cpu_s=0.0) == unknown
    other_cpus = CpuCounters(2.0, 2, 2.0, 1.0, 1.0)
    assert counters.shares(full, other_cpus, own_cpu_s=0.0) == unknown


def test_counters_are_read_below_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "_PROC", tmp_path)
    nothing = counters.cpu_counters([0, 1])
    assert (nothing.busy_s, nothing.steal_s, nothing.pressure_s) == (None, None, None)
    (tmp_path / "stat").write_text(STAT)
    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure" / "cpu").write_text("some avg10=0.00 total=2500000\n")
    read = counters.cpu_counters([0, 1])
    ticks = os.sysconf("SC_CLK_TCK")
    assert (read.cpus, read.busy_s, read.steal_s) == (2, 468 / ticks, 12 / ticks)
    assert read.pressure_s == 2.5
