"""The cross-core latency probe: what it reads, where it cannot, and what it leaves behind."""

import os
import subprocess
import sys

import pytest

from samprof.sweeps.measure.machine import latency
from samprof.sweeps.measure.machine.latency import cross_core_latency_ns

linux = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="CPUs are bound on Linux")


def cpus() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def test_one_cpu_has_no_cross_core_latency() -> None:
    assert cross_core_latency_ns([]) is None
    assert cross_core_latency_ns([0]) is None
    assert cross_core_latency_ns([0, 0]) is None


def test_a_system_that_binds_no_threads_has_no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    assert cross_core_latency_ns([0, 1]) is None


@linux
def test_a_reading_is_a_time_and_the_thread_may_go_where_it_could_before() -> None:
    before = cpus()
    if len(before) < 2:
        pytest.skip("one CPU")
    read = cross_core_latency_ns(before)
    assert read is None or 0 < read < 1e6  # None beside heavy load
    assert cpus() == before


@linux
def test_a_cpu_that_is_not_there_is_no_reading_and_the_thread_is_unbound() -> None:
    before = cpus()
    assert cross_core_latency_ns([before[0], 100_000]) is None
    assert cpus() == before


@linux
def test_the_shortest_pass_of_each_pair_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    # 256 lines a pass: 2560 ns and 5120 ns are 10 and 20 ns per read, their mean is 15.
    first, second = [9999] * 7 + [2560], [5120] + [7777] * 7
    monkeypatch.setattr(latency, "_passes", lambda ring, _: [first, second])
    assert cross_core_latency_ns([0, 1]) == 15.0
    monkeypatch.setattr(latency, "_passes", lambda ring, _: [first, second[:7]])
    assert cross_core_latency_ns([0, 1]) is None


def test_the_chain_leads_through_every_line_once_and_back() -> None:
    chain = latency._chain()
    seen, at = [], 0
    for _ in range(latency._LINES):
        seen.append(at)
        at = chain[at]
    assert at == 0
    assert sorted(seen) == [line * latency._APART for line in range(latency._LINES)]


def test_the_probe_imports_nothing_heavy() -> None:

    code = "import sys, samprof.sweeps.measure.machine.state; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "pandas", "pynvml"} & set(done.stdout.split())
