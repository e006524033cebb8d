"""Every hard case by itself: time, gaps, work, memory and lost records are what was put in."""

from pathlib import Path

import pytest

from bench.traces import Hard, Truth, write_trace
from samprof.trace import Trace, load_trace
from tests.support.generated import (
    assert_books_are_true,
    assert_memory_is_true,
    assert_times_are_true,
    assert_work_is_true,
)
from tests.support.tables import opened
from tests.support.tracefile import TraceFile

EVENTS, STEPS = 18_000, 4
LAUNCHES = ("cudaLaunchKernelExC", "cuLaunchKernelEx", "cuLaunchKernel", "cudaLaunchKernel")
CASES = {
    "plain": Hard(),
    "launches not shown": Hard(no_launch=0.1),
    "kernels lost anywhere": Hard(lost_share=0.01),
    "one kernel lost in the last step": Hard(lost_first={STEPS - 1: 1}),
    "the first kernels of the session lost": Hard(lost_first={0: 7}),
    "a whole step lost": Hard(lost_first={2: 1_000_000}),
    "kernels of graphs lost": Hard(graphs=True, lost_first={1: 300}),
    "outside": Hard(outside=True),
    "backward": Hard(backward=True),
    "graphs": Hard(graphs=True),
    "two threads": Hard(two_threads=True),
    "device's clock ahead": Hard(skew_ns=7_000),
    "device's clock behind": Hard(skew_ns=-7_000),
    "launches of every name": Hard(launches=LAUNCHES, lost_share=0.01),
    "another vendor's launches": Hard(
        launches=("hipLaunchKernel", "hipExtModuleLaunchKernel"), lost_first={0: 5}
    ),
}
Made = tuple[Hard, Truth, Trace]


@pytest.fixture(scope="module", params=CASES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    hard, path = CASES[request.param], tmp_path_factory.mktemp("case") / "trace.json"
    truth = write_trace(path, EVENTS, hard, seed=2, steps=STEPS)
    trace = load_trace(path)
    path.unlink()
    return hard, truth, trace


def test_every_layer_has_the_time_and_the_gaps_that_were_put_in(made: Made) -> None:
    _, truth, trace = made
    assert_times_are_true(trace, truth)
    # Two streams overlap: the time of the whole is less than the sum.
    assert truth.busy_ns < truth.device_ns


def test_every_layer_has_its_operations_and_bytes(made: Made) -> None:
    hard, truth, trace = made
    if not hard.backward:
        assert_work_is_true(trace, truth)


def test_every_layer_needs_the_memory_that_it_took(made: Made) -> None:
    assert_memory_is_true(made[2], made[1])


def test_the_check_names_the_steps_that_lost_records_and_no_other(made: Made) -> None:
    hard, truth, trace = made
    assert any(truth.lost) == bool(hard.lost_share or hard.lost_first)
    assert_books_are_true(trace, truth)


def test_of_two_steps_the_one_that_lost_records_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    truth = write_trace(path, EVENTS // 2, Hard(lost_first={0: 3}), seed=2, steps=2)
    assert truth.kernels[0] == truth.kernels[1] - 3
    assert_books_are_true(load_trace(path), truth)


def test_a_trace_whose_only_kernel_is_lost_is_not_ok(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.launch(1, 10)
    check = opened(file, tmp_path).check()
    assert (check.clock, check.lost_records, check.ok) == ("cpu", 1, False)


def test_lost_records_change_nothing_else(tmp_path: Path) -> None:
    whole = write_trace(tmp_path / "whole.json", EVENTS, seed=2, steps=STEPS)
    lost = write_trace(tmp_path / "lost.json", EVENTS, Hard(lost_first={0: 7}), seed=2, steps=STEPS)
    assert lost.lost == (7, 0, 0, 0)
    assert whole.activities - lost.activities == 7
    tables = [load_trace(tmp_path / name).kernels() for name in ("whole.json", "lost.json")]
    gone = tables[0].merge(tables[1], how="left", indicator=True).query("_merge == 'left_only'")
    assert len(gone) == 7
    assert gone["dur_ns"].sum() == whole.device_ns - lost.device_ns
    # The first of the first step, in the order of their launches.
    kernels = tables[0].query("kind == 'kernel'").sort_values("launch_ts_ns")
    assert set(gone["correlation"]) == set(kernels["correlation"].head(7))
