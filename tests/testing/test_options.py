"""Each option by itself: reading finds the time, gaps, op costs, memory and losses that were put in."""

from pathlib import Path

import pytest

from samprof.testing import TraceOptions, Truth, write_trace
from samprof.trace import Trace, load_trace
from tests.support.generated import (
    assert_check_is_true,
    assert_memory_is_true,
    assert_op_costs_are_true,
    assert_times_are_true,
)
from tests.support.tables import opened
from tests.support.tracefile import TraceFile

EVENTS, STEPS = 18_000, 4
LAUNCHES = ("cudaLaunchKernelExC", "cuLaunchKernelEx", "cuLaunchKernel", "cudaLaunchKernel")
CASES = {
    "plain": TraceOptions(),
    "launches not shown": TraceOptions(no_launch=0.1),
    "kernels lost anywhere": TraceOptions(lost_share=0.01),
    "one kernel lost in the last step": TraceOptions(lost_first={STEPS - 1: 1}),
    "the first kernels of the session lost": TraceOptions(lost_first={0: 7}),
    "a whole step lost": TraceOptions(lost_first={2: 1_000_000}),
    "kernels of graphs lost": TraceOptions(graphs=True, lost_first={1: 300}),
    "outside": TraceOptions(outside=True),
    "backward": TraceOptions(backward=True),
    "graphs": TraceOptions(graphs=True),
    "graphs captured and launched": TraceOptions(graphs=True, captures=1),
    "graphs captured once and launched often": TraceOptions(graphs=True, captures=3, outside=True),
    "graphs of several streams": TraceOptions(graphs=True, captures=2, graph_nodes=True),
    "graphs captured on two threads": TraceOptions(graphs=True, captures=2, two_threads=True),
    "two threads": TraceOptions(two_threads=True),
    "device's clock ahead": TraceOptions(skew_ns=7_000),
    "device's clock behind": TraceOptions(skew_ns=-7_000),
    "launches of every name": TraceOptions(launches=LAUNCHES, lost_share=0.01),
    "another vendor's launches": TraceOptions(
        launches=("hipLaunchKernel", "hipExtModuleLaunchKernel"), lost_first={0: 5}
    ),
}
Made = tuple[TraceOptions, Truth, Trace]


@pytest.fixture(scope="module", params=CASES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    options, path = CASES[request.param], tmp_path_factory.mktemp("case") / "trace.json"
    truth = write_trace(path, EVENTS, options, seed=2, steps=STEPS)
    trace = load_trace(path)
    path.unlink()
    return options, truth, trace


def test_every_layer_has_the_time_and_the_gaps_that_were_put_in(made: Made) -> None:
    _, truth, trace = made
    assert_times_are_true(trace, truth)
    # Two streams overlap: the time of the whole is less than the sum.
    assert truth.busy_ns < truth.device_ns


def test_every_layer_has_its_operations_and_bytes(made: Made) -> None:
    options, truth, trace = made
    if not options.backward:
        assert_op_costs_are_true(trace, truth)


def test_every_layer_needs_the_memory_that_it_took(made: Made) -> None:
    assert_memory_is_true(made[2], made[1])


def test_the_check_names_the_steps_that_lost_records_and_no_other(made: Made) -> None:
    options, truth, trace = made
    assert any(truth.lost) == bool(options.lost_share or options.lost_first)
    assert_check_is_true(trace, truth)


def test_of_two_steps_the_one_that_lost_records_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    truth = write_trace(path, EVENTS // 2, TraceOptions(lost_first={0: 3}), seed=2, steps=2)
    assert truth.kernels[0] == truth.kernels[1] - 3
    assert_check_is_true(load_trace(path), truth)


def test_a_trace_whose_only_kernel_is_lost_is_not_ok(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.launch(1, 10)
    check = opened(file, tmp_path).check()
    assert (check.time_source, check.lost_records, check.ok) == ("cpu", 1, False)


def test_lost_records_change_nothing_else(tmp_path: Path) -> None:
    whole = write_trace(tmp_path / "whole.json", EVENTS, seed=2, steps=STEPS)
    lost = write_trace(
        tmp_path / "lost.json", EVENTS, TraceOptions(lost_first={0: 7}), seed=2, steps=STEPS
    )
    assert lost.lost == (7, 0, 0, 0)
    assert whole.activities - lost.activities == 7
    tables = [load_trace(tmp_path / name).kernels() for name in ("whole.json", "lost.json")]
    gone = tables[0].merge(tables[1], how="left", indicator=True).query("_merge == 'left_only'")
    assert len(gone) == 7
    assert gone["dur_ns"].sum() == whole.device_ns - lost.device_ns
    # The first of the first step, in the order of their launches.
    kernels = tables[0].query("kind == 'kernel'").sort_values("launch_ts_ns")
    assert set(gone["correlation"]) == set(kernels["correlation"].head(7))
