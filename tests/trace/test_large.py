"""A hundred thousand events: the truth is known by construction, and the slow attribution agrees."""

from pathlib import Path

import pytest

from bench.traces import Truth, write_trace
from samprof.trace import Trace, load_trace
from tests.support.reference import attribute
from tests.support.reference_events import By, read
from tests.support.tables import assert_adds_up, assert_equals_reference

EVENTS = 100_000
HARD = {
    "no_launch": 0.02,
    "outside": True,
    "backward": True,
    "graphs": True,
    "two_threads": True,
    "skew_ns": -3_000,
}


@pytest.fixture(scope="module", params=["plain", "hard"])
def large(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Truth]:
    path = tmp_path_factory.mktemp("large") / "trace.json.gz"
    truth = write_trace(path, EVENTS, seed=1, **(HARD if request.param == "hard" else {}))
    assert truth.events > 0.9 * EVENTS
    return path, truth


@pytest.fixture(scope="module")
def trace(large: tuple[Path, Truth]) -> Trace:
    return load_trace(large[0])


def test_every_layer_has_the_time_that_was_put_into_it(
    large: tuple[Path, Truth], trace: Trace
) -> None:
    truth = large[1]
    own = trace.layers("samprof").set_index("path")["device_self_ns"]
    assert own.pop("(outside)") == truth.outside_ns
    assert own.pop("(no launch)") == truth.no_launch_ns
    assert own[own > 0].to_dict() == {path: ns for path, ns in truth.device_self_ns.items() if ns}
    assert len(trace.kernels()) == truth.activities


def test_the_books_hold(large: tuple[Path, Truth], trace: Trace) -> None:
    check = trace.check("samprof")
    assert check.total_ns == large[1].device_ns
    assert check.attributed_ns + check.outside_ns + check.no_launch_ns == check.total_ns
    assert check.lost_records == 0
    assert check.ok


@pytest.mark.parametrize("by", ["samprof", "op"])
def test_the_slow_attribution_agrees_to_the_nanosecond(
    large: tuple[Path, Truth], trace: Trace, by: By
) -> None:
    assert_equals_reference(trace, attribute(read(large[0]), by), by)
    assert_adds_up(trace, by)
