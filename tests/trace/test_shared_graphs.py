"""Real traces of others: captured launches, the graph that was captured, and deleted kernels."""

import random
from dataclasses import replace

import numpy as np
import pytest

from samprof.trace import Trace, load_trace
from samprof.trace.model.events import Kind
from tests.support.paths import NO_SHARED_TRACES, SHARED_TRACES

CAPTURE = "sam-fast-amg-graph-capture-a100.json.gz"
BY_OP = {
    "aten::mm": 24_243_000,
    "customflash::custom_flash_aligned": 7_217_000,
    "aten::_efficient_attention_forward": 5_086_000,
    "triton_poi_fused_constant_pad_nd_9": 2_463_000,
}
SMALL = [
    "graph-launch-modules.json.gz",
    "sam-fast-amg-1024x1-a100.json.gz",
    "sam-fast-amg-compiled-graphs-a100.json.gz",
    "triton-a100.json.gz",
    "vit-h100-modules.json.gz",
]

pytestmark = pytest.mark.skipif(
    not (SHARED_TRACES / "expected.json").exists(), reason=NO_SHARED_TRACES
)


@pytest.fixture(scope="module")
def capture() -> Trace:
    return load_trace(SHARED_TRACES / CAPTURE)


def test_the_captured_graph_has_its_times_by_op(capture: Trace) -> None:
    kernels = capture.kernels()
    split = kernels[kernels["note"] == "from the capture"]
    assert len(split) == 558
    by_op = split.groupby("op")["dur_ns"].sum()
    assert by_op[list(BY_OP)].to_dict() == BY_OP
    assert by_op.sum() == 49_492_000


def test_what_was_captured_is_not_lost(capture: Trace) -> None:
    check = capture.check()
    assert (check.ok, check.lost_records) == (True, 0)
    assert check.notes == (
        "558 launches captured into a graph",
        "1 graph launch split by the capture: 558 activities",
    )


@pytest.mark.parametrize("name", SMALL)
def test_no_whole_trace_is_called_damaged(name: str) -> None:
    check = load_trace(SHARED_TRACES / name).check()
    assert (check.ok, check.lost_records) == (True, 0)


def without(trace: Trace, row: int) -> Trace:
    """The trace without one event."""
    kept = np.arange(len(trace.events)) != row
    return replace(trace, events=trace.events.take(kept))


@pytest.mark.parametrize("name", [CAPTURE, *SMALL])
def test_a_deleted_kernel_is_found_unless_nothing_in_the_file_tells_of_it(name: str) -> None:
    trace = load_trace(SHARED_TRACES / name)
    launches = trace.launches()
    rows = trace.events.of(Kind.KERNEL).tolist()
    for row in random.Random(19).sample(rows, min(len(rows), 6)):
        place = int(np.flatnonzero(launches.activity == row)[0])
        launch = int(launches.launch[place])
        graph = next((one for one in trace.graphs() if one.launch == launch), None)
        found = without(trace, row).check()
        if graph is None or graph.capture is not None:
            assert (found.ok, found.lost_records) == (False, 1)
        else:
            # Where the capture is not in the file, it depends on the other launches of the graph.
            assert found.lost_records <= 1
