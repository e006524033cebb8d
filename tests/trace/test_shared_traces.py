"""Real traces of others: the package against their published sums and the slow attribution."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from samprof.trace import Trace, load_trace
from tests.support.paths import NO_SHARED_TRACES, SHARED_TRACES
from tests.support.reference import attribute
from tests.support.reference_events import By, Events, read
from tests.support.tables import (
    assert_adds_up,
    assert_equals_reference,
)

KINDS: tuple[By, ...] = ("samprof", "module", "annotation", "op")
SUMS: tuple[tuple[By, str], ...] = (
    ("annotation", "self_by_user_annotation"),
    ("module", "self_by_module"),
)
NAMES = sorted(
    path.name for path in SHARED_TRACES.glob("*.json*") if path.name != "expected.json"
) or ["none"]

pytestmark = pytest.mark.skipif(
    not (SHARED_TRACES / "expected.json").exists(),
    reason=NO_SHARED_TRACES,
)


@dataclass(frozen=True)
class Shared:
    """A shared trace: by the package, by the oracle, and what was published of it."""

    trace: Trace
    events: Events
    expected: dict[str, Any]


@pytest.fixture(scope="module", params=NAMES)
def shared(request: pytest.FixtureRequest) -> Shared:
    name = request.param
    expected = json.loads((SHARED_TRACES / "expected.json").read_text())[name]
    return Shared(load_trace(SHARED_TRACES / name), read(SHARED_TRACES / name), expected)


def test_every_device_activity_is_counted_once(shared: Shared) -> None:
    kernels = shared.trace.kernels()
    assert len(kernels) == shared.expected["device_activities"]
    assert kernels["dur_ns"].sum() == shared.expected["device_ns"]
    assert kernels["launch_ts_ns"].isna().sum() == shared.expected["without_launch"]


def test_owners_have_the_published_sums(shared: Shared) -> None:
    published = {by: shared.expected[key] for by, key in SUMS if key in shared.expected}
    assert "annotation" in published
    for by, sums in published.items():
        kernels = shared.trace.kernels(by)
        own_name = kernels["owner"].str.split(" > ").str[-1]
        by_owner = kernels.groupby(own_name)["dur_ns"].agg(["sum", "size"])
        owners = {
            owner: {"ns": ns, "activities": count} for owner, ns, count in by_owner.itertuples()
        }
        assert owners == sums["owners"]
        assert (kernels["phase"] == "backward").sum() == sums["through_backward_link"]


@pytest.mark.parametrize("by", KINDS)
def test_tables_equal_the_slow_attribution(shared: Shared, by: By) -> None:
    assert_equals_reference(shared.trace, attribute(shared.events, by), by)


@pytest.mark.parametrize("by", KINDS)
def test_totals_add_up(shared: Shared, by: By) -> None:
    assert_adds_up(shared.trace, by)


def _identity(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("correlation", "device", "dur_ns", "name", "ts_ns"))
