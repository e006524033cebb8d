"""A hundred thousand events: the truth is known by construction, and the slow attribution agrees."""

from pathlib import Path

import pytest

from samprof.testing import TraceOptions, Truth, write_trace
from samprof.trace import Trace, load_trace
from tests.support.generated import (
    assert_check_is_true,
    assert_memory_is_true,
    assert_times_are_true,
)
from tests.support.reference import attribute
from tests.support.reference_events import By, read
from tests.support.tables import assert_adds_up, assert_equals_reference

EVENTS = 100_000
CASES = {
    "plain": TraceOptions(),
    "hard": TraceOptions(
        no_launch=0.02,
        lost_share=0.005,
        lost_first={0: 9},
        outside=True,
        backward=True,
        graphs=True,
        two_threads=True,
        skew_ns=-3_000,
        launches=("cudaLaunchKernel", "cudaLaunchKernelExC", "cuLaunchKernelEx"),
    ),
}


@pytest.fixture(scope="module", params=CASES)
def large(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Truth]:
    path = tmp_path_factory.mktemp("large") / "trace.json.gz"
    truth = write_trace(path, EVENTS, CASES[request.param], seed=1)
    assert truth.events > 0.9 * EVENTS
    return path, truth


@pytest.fixture(scope="module")
def trace(large: tuple[Path, Truth]) -> Trace:
    return load_trace(large[0])


def test_everything_is_where_it_was_put(large: tuple[Path, Truth], trace: Trace) -> None:
    assert_times_are_true(trace, large[1])
    assert_memory_is_true(trace, large[1])
    assert_check_is_true(trace, large[1])


@pytest.mark.parametrize("by", ["samprof", "op"])
def test_the_slow_attribution_agrees_to_the_nanosecond(
    large: tuple[Path, Truth], trace: Trace, by: By
) -> None:
    assert_equals_reference(trace, attribute(read(large[0]), by), by)
    assert_adds_up(trace, by)
