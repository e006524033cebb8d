"""The machine's state from its helper program, which ends with whoever started it."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from samprof import processes
from samprof.record.device.gpu import GpuAtWork
from samprof.sweeps.measure.machine import state as machine_state
from samprof.sweeps.measure.machine.cpu_counters import LEAST_CPU_S, CpuCounters, Spent
from samprof.sweeps.measure.machine.state import MachineMonitor, MachineReading, spent
from samprof.sweeps.measure.machine.usage import Usage, own_usage
from tests.support.nvml import UUID
from tests.support.paths import ROOT

linux = pytest.mark.skipif(not Path("/proc/stat").is_file(), reason="the counters are Linux's")

CLIENT = """
import os, sys, time
from samprof.sweeps.measure.machine.state import MachineMonitor
with MachineMonitor() as monitor:
    monitor.read()
    if {forks} and os.fork() == 0:
        time.sleep(600)  # holds the pipes to the helper open
    print(monitor._helper.pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _the_machine_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(machine_state.SWITCH)


def test_the_reading_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine_state.SWITCH, "off")
    with MachineMonitor() as monitor:
        assert monitor.read() == MachineReading()
    assert "SAMPROF_MACHINE_STATE is off" in monitor.note


def is_running(pid: int) -> bool:
    """Whether the process is there, and not merely waiting to be asked how it ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 60
    while is_running(pid):
        assert time.monotonic() < deadline, "the helper program runs on"
        time.sleep(0.02)


@linux
def test_the_state_is_read_before_and_after() -> None:
    with MachineMonitor() as monitor:
        before = monitor.read()
        time.sleep(LEAST_CPU_S)  # closer together the counters would tell nothing
        after = monitor.read([1])
        assert monitor._helper is not None
        pid = monitor._helper.pid
    assert before.closing is not None
    assert after.opening is not None
    assert before.closing.cpus == len(os.sched_getaffinity(0))
    assert before.closing.time_s <= after.opening.time_s
    # Beside heavy load there may be no reading, but with one CPU there never is one.
    assert before.latency_ns is None or before.closing.cpus > 1
    assert before.gpu is None
    shares = spent(before, after, own_cpu_s=0.0)
    assert shares.foreign_share is not None
    assert shares.foreign_share >= 0
    assert not is_running(pid)


@linux
@pytest.mark.parametrize("forks", [False, True], ids=["alone", "a fork holds the pipes"])
def test_the_helper_ends_after_its_client_was_killed(forks: bool) -> None:
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT.format(forks=forks)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        assert client.stdout is not None
        helper = int(client.stdout.readline())
        assert is_running(helper)
        client.kill()
        client.wait()
        wait_for_end(helper)
    finally:
        os.killpg(client.pid, signal.SIGKILL) if forks else client.kill()
        client.stdout.close()


@linux
def test_a_helper_that_was_killed_is_said_once_and_never_invents_a_state() -> None:
    with MachineMonitor() as monitor:
        assert monitor.read() != MachineReading()
        assert monitor._helper is not None
        monitor._helper.kill()
        assert monitor.read() == MachineReading()
        assert monitor.read() == MachineReading()
        assert "has ended or does not answer" in monitor.note


def test_a_helper_that_does_not_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    monkeypatch.setattr(processes, "start", lambda *_, **__: silent)
    monkeypatch.setattr(machine_state, "_ANSWER_S", 0.01)
    with MachineMonitor() as monitor:
        assert monitor.read() == MachineReading()
        assert silent.poll() is not None
        assert "does not answer" in monitor.note


def test_without_a_helper_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "can_start", lambda: False)
    with MachineMonitor() as monitor:
        assert monitor.read() == MachineReading()
        assert "cannot run here" in monitor.note


@linux
def test_a_gpu_that_cannot_be_read_is_said_in_the_note() -> None:
    with MachineMonitor("GPU-that-is-not-there") as monitor:
        assert monitor.read().gpu is None
        assert "the GPU's state is not read" in monitor.note
        assert "\n" not in monitor.note


def test_the_note_names_what_is_missing() -> None:
    full = CpuCounters(0.0, 2, 1.0, 0.0, 0.0)
    reading = MachineReading(40.0, full, full)
    assert machine_state._note(reading, [0, 1], "") == ""
    assert machine_state._note(replace(reading, latency_ns=None), [0], "") == ""
    bare = CpuCounters(0.0, 0, None, None, None)
    assert machine_state._note(MachineReading(None, bare, bare), [], "no GPU") == (
        "could not be read: the cross-core latency, other processes' CPU time, "
        "the CPU pressure; no GPU"
    )


def test_only_the_time_between_the_probes_counts() -> None:
    # The probes' own time, from 0 to 1 and from 5 to 6, is not in it: 4 s, busy 2, ours 1.
    before = MachineReading(
        None, CpuCounters(0.0, 1, 0.0, 0.0, 0.0), CpuCounters(1.0, 1, 1.0, 0.0, 0.0)
    )
    after = MachineReading(
        None, CpuCounters(5.0, 1, 3.0, 0.0, 1.0), CpuCounters(6.0, 1, 4.0, 0.0, 1.0)
    )
    assert spent(before, after, own_cpu_s=1.0) == Spent(0.25, 0.25, 0.0)
    assert spent(MachineReading(), after, own_cpu_s=1.0) == Spent(None, None, None)


def test_usage_is_a_difference_of_totals() -> None:
    start, end = Usage(10, 1.0, 0.5, 3), Usage(25, 1.5, 0.75, 4)
    assert end.since(start) == Usage(15, 0.5, 0.25, 1)


@linux
def test_own_usage_counts_pages_that_are_touched() -> None:
    import mmap

    start = own_usage()
    with mmap.mmap(-1, 64 * mmap.PAGESIZE) as memory:
        for page in range(64):
            memory[page * mmap.PAGESIZE] = 1
    end = own_usage()
    assert start is not None
    assert end is not None
    assert end.since(start).minor_faults >= 1  # one suffices where pages are huge


WITH_A_GPU = """
import sys
from samprof.record.device import nvml
from samprof.sweeps.measure.machine.state import main
from tests.support.nvml import Library
nvml._library = Library(throttle=0x24).functions
main()
"""


def test_a_gpu_is_looked_at_between_two_readings() -> None:
    # Afterwards it idles: what it did is only seen meanwhile.
    monitor = MachineMonitor(UUID)
    command = [sys.executable, "-c", WITH_A_GPU, str(os.getpid()), UUID]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as one:
        monitor._helper = one
        found = monitor.read()
        assert found.gpu is not None
        assert found.gpu.throttle_reasons == ("power cap", "thermal slowdown")
        deadline = time.monotonic() + 60
        while not (found.gpu_meanwhile and found.gpu_meanwhile.looks):
            assert time.monotonic() < deadline, monitor.note
            time.sleep(0.15)
            found = monitor.read()
        assert one.stdin is not None
        one.stdin.close()
    looks = found.gpu_meanwhile.looks
    throttled = {"power cap": 1.0, "thermal slowdown": 1.0}
    assert found.gpu_meanwhile == GpuAtWork(looks, 1980.0, 699.5, throttled)
