"""Ranges that a graph replays: their paths, their order, their calls."""

from pathlib import Path

import pytest

from samprof.trace import Trace
from samprof.trace.model.slicing import slice_time
from tests.support.graphed import LAUNCHED, Node, captured, launched
from tests.support.tables import opened
from tests.support.tracefile import TraceFile

MANY = [Node(f"net.{number}", "aten::mm", "gemm") for number in (2, 10, 1)]


def part(folder: Path) -> Trace:
    """A launch, without the capture before it."""
    file = TraceFile()
    captured(file, MANY)
    launched(file, MANY)
    return slice_time(opened(file, folder), LAUNCHED - 50, LAUNCHED + 50)


def test_rows_are_ordered_as_captured(tmp_path: Path) -> None:
    ranges = part(tmp_path).ranges()
    assert ranges.paths == ("net", "net.2", "net.10", "net.1")
    assert ranges.depth.tolist() == [0, 1, 1, 1]


def test_what_is_replayed_did_not_take_place(tmp_path: Path) -> None:
    ranges = part(tmp_path).ranges()
    assert ranges.took_place.tolist() == [True, False, False, False]
    assert ranges.calls().tolist() == [1, 1, 1, 1]
    # Layers that were only replayed still tell how much was allocated when they were.
    assert ranges.telling.tolist() == [True, True, True, True]


def test_a_range_around_both_is_there_once(tmp_path: Path) -> None:
    ranges = part(tmp_path).ranges()
    assert ranges.outermost().all()
    assert ranges.node.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("by", ["op", "samprof"])
def test_rows_of_the_whole_keep_their_order(tmp_path: Path, by: str) -> None:
    file = TraceFile()
    captured(file, MANY)
    before = opened(file, tmp_path).ranges(by).paths  # type: ignore[arg-type]
    launched(file, MANY)
    after = opened(file, tmp_path).ranges(by).paths  # type: ignore[arg-type]
    assert after[: len(before)] == before
