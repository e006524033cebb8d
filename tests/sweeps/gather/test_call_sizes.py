"""The size of a call, as a trace or a name tells it."""

from pathlib import Path

import numpy as np
import pytest

from samprof.sweeps.gather.call_sizes import KEPT, SHAPES, claimed, in_name, told_sizes
from samprof.trace import Trace, load_trace
from tests.support.calls import calls, wall_of
from tests.support.tables import opened
from tests.support.tracefile import TraceFile

SPANS = [(10_000, 10_000 + wall_of(2))]


def told(trace: Trace, count: int) -> list[tuple[int, str]]:
    """The sizes of the calls of `net`."""
    nesting = trace.ranges("samprof").nesting
    rows = [row for row, depth in enumerate(nesting.depth.tolist()) if depth == 0]
    assert len(rows) == count
    spans = [(int(nesting.start[row]), int(nesting.end[row])) for row in rows]
    return told_sizes(trace, "net", spans, nesting.thread[rows])


def test_what_samprof_kept_comes_first(tmp_path: Path) -> None:
    file = calls("samprof", [2, 4, 1])
    file.metadata["samprof"]["calls"] = {"net": [[1, 20], [1, 40], [1, 10]]}
    assert told(opened(file, tmp_path), 3) == [(20, KEPT), (40, KEPT), (10, KEPT)]


def test_calls_of_threads_are_told_apart(tmp_path: Path) -> None:
    file = calls("samprof", [2, 4])
    other = calls("samprof", [8], start=100_000, thread=2)
    file.events += other.events
    file.metadata["samprof"]["calls"] = {"net": [[2, 8], [1, 2], [1, 4]]}
    assert told(opened(file, tmp_path), 3) == [(2, KEPT), (4, KEPT), (8, KEPT)]


@pytest.mark.parametrize(
    "kept",
    [
        None,
        {},
        {"net": [[1, 2]]},
        {"net": [[2, 2], [1, 4]]},
        {"net": [[1, 2], [1, "4"]]},
        {"net": 7},
    ],
)
def test_what_does_not_fit_the_calls_is_not_believed(kept: object, tmp_path: Path) -> None:
    file = calls("samprof", [3, 5])
    file.metadata["samprof"]["calls"] = kept
    assert told(opened(file, tmp_path), 2) == [(3, SHAPES), (5, SHAPES)]


def test_without_shapes_nothing_tells_it(tmp_path: Path) -> None:
    trace = opened(calls("samprof", [3, 5], shapes=False, kept=False), tmp_path)
    assert told(trace, 2) == [(0, ""), (0, "")]


def first_op(tmp_path: Path, name: str, dims: list[list[int]]) -> int:
    file = TraceFile()
    given = {"Input Dims": dims, "Input type": ["float"] * len(dims), "Concrete Inputs": [""]}
    file.op("aten::empty", 10, 5)
    file.op(name, 20, 50, **given)
    file.op("aten::mm", 90, 5, **(given | {"Input Dims": [[99, 3]]}))
    trace = opened(file, tmp_path)
    ((size, _),) = told_sizes(trace, "", [(0, 200)], None)
    return size


@pytest.mark.parametrize(
    ("name", "dims", "size"),
    [
        ("aten::linear", [[2, 64, 8], [16, 8], [16]], 2),
        (
            "aten::conv2d",
            [[4, 3, 8, 8], [6, 3, 2, 2], [6]],
            99,
        ),  # only the convolution inside is read
        ("aten::convolution", [[4, 3, 8, 8], [6, 3, 2, 2], [6]], 4),
        ("aten::addmm", [[16], [5, 8], [8, 16]], 5),  # the first is the bias
        ("aten::embedding", [[1000, 8], [3, 7]], 3),  # the first is the table
        ("aten::add", [[], [7]], 99),  # a scalar has no first dimension
    ],
)
def test_the_first_tensor_of_the_first_op(
    name: str, dims: list[list[int]], size: int, tmp_path: Path
) -> None:
    assert first_op(tmp_path, name, dims) == size


def test_ops_of_other_threads_do_not_count(tmp_path: Path) -> None:
    file = calls("samprof", [2], kept=False, start=10_000)
    busy = calls("op", [7], start=9_990, thread=5)
    file.events += busy.events
    trace = opened(file, tmp_path)
    thread = trace.threads.index(("100", "1"))
    assert told_sizes(trace, "net", SPANS, np.array([thread])) == [(2, SHAPES)]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("batch4.json", 4),
        ("enc_batch_size=16.json.gz", 16),
        ("bs8.pt.trace.json", 8),
        ("b0004/rank0.pt.trace.json.gz", 4),
        ("batch-32/rank0.json", 32),
        ("b200.json", 0),  # a device, more likely
        ("a100-run3.json", 0),
        ("batch1-batch2.json", 0),
        ("trace.json", 0),
    ],
)
def test_a_name_that_says_what_its_number_is(name: str, size: int) -> None:
    assert claimed(Path(name)) == size


def test_a_lone_number_is_the_last_resort() -> None:
    assert in_name(Path("encoder_4.json.gz")) == 4
    assert in_name(Path("a100-4.json")) == 0
    assert in_name(Path("trace.json")) == 0
    assert in_name(None) == 0
    assert claimed(None) == 0


def test_a_loaded_trace_knows_its_file(tmp_path: Path) -> None:
    path = calls("samprof", [1]).write(tmp_path / "x.json")
    assert load_trace(path).path == path
