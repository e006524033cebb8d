"""The largest inputs: elements of tensors, batches of attention."""

from pathlib import Path

from samprof.trace.tables.largest_inputs import largest_inputs
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def given(*shapes: list[int]) -> dict[str, list[object]]:
    return {
        "Input Dims": list(shapes),
        "Input type": ["float"] * len(shapes),
        "Concrete Inputs": [""] * len(shapes),
    }


def test_the_most_of_each_and_its_op(tmp_path: Path) -> None:
    file = TraceFile()
    sdpa = "aten::scaled_dot_product_attention"
    file.op("aten::add", 0, 5, **given([1000, 1000], [1]))
    file.op(sdpa, 10, 5, **given(*[[1024, 8, 16, 4]] * 3))
    file.op(sdpa, 20, 5, **given(*[[2, 2000, 16, 4]] * 3))
    file.op("aten::view", 30, 5, **given([10**9]))  # nobody reads its inputs
    found = largest_inputs(opened(file, tmp_path))
    assert found == {"elements": (1_000_000, "aten::add"), "attention": (2000, sdpa)}


def test_nothing_without_shapes(tmp_path: Path) -> None:
    file = TraceFile()
    file.op("aten::add", 0, 5)
    assert largest_inputs(opened(file, tmp_path)) == {}
