"""Intervals of captures are added where their graphs are launched, and nest as they did."""

from pathlib import Path

import numpy as np

from samprof.trace.model.nesting import Nesting
from samprof.trace.model.outwards import behind, depths, wider_of
from tests.support.graphed import DEVICE, LAUNCHED, NODES, captured, launched
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def replayed(folder: Path) -> tuple[Nesting, list[str]]:
    """Ranges of two launches: one in a range, one outside of all, with others around and behind."""
    file = TraceFile()
    captured(file, NODES)
    file.range("net", LAUNCHED - 50, 500)
    file.range("net.before", LAUNCHED - 40, 20)
    launched(file, NODES, around=None)
    file.range("net.after", LAUNCHED + 10, 20)
    launched(file, NODES, 9_000, correlation=2, around=None, device_ts=2 * DEVICE)
    file.range("net", 9_000, 50, 2)
    trace = opened(file, folder)
    ranges = trace.ranges()
    return ranges.nesting, [ranges.paths[node] for node in ranges.node.tolist()]


def test_all_pointers_are_those_of_the_whole_nesting(tmp_path: Path) -> None:
    nesting, _ = replayed(tmp_path)
    assert (np.diff(nesting.thread) >= 0).all()
    same = np.diff(nesting.thread) == 0
    assert (np.diff(nesting.start)[same] >= 0).all()
    assert nesting.wider.tolist() == wider_of(nesting.thread, nesting.end).tolist()
    assert nesting.depth.tolist() == depths(nesting.parent).tolist()
    assert nesting.behind.tolist() == behind(nesting.parent).tolist()


def test_replayed_ranges_are_inside_the_one_around_the_launch(tmp_path: Path) -> None:
    nesting, paths = replayed(tmp_path)
    around = [paths[place] if place >= 0 else None for place in nesting.parent.tolist()]
    assert list(zip(paths, around, strict=True)) == [
        ("net", None),
        *[(node.layer, "net") for node in NODES],  # as they were captured
        ("net", None),
        ("net.before", "net"),
        *[(node.layer, "net") for node in NODES],  # the first launch
        ("net.after", "net"),
        ("net", None),  # the second launch, which nothing is around
        *[(node.layer, "net") for node in NODES],
        ("net", None),  # the other thread
    ]
    added = nesting.start == nesting.end
    assert added.sum() == 4 + 5


def test_no_time_falls_into_a_replayed_range(tmp_path: Path) -> None:
    nesting, paths = replayed(tmp_path)
    at = nesting.innermost(np.array([nesting.thread[0]] * 2), np.array([LAUNCHED, 9_000]))
    assert [paths[at[0]], int(at[1])] == ["net", -1]
    assert nesting.innermost_time()[nesting.start == nesting.end].sum() == 0


def test_values_add_up_through_replayed_ranges(tmp_path: Path) -> None:
    nesting, paths = replayed(tmp_path)
    total = nesting.add_up(np.ones(len(paths), np.int64))
    assert total[nesting.parent < 0].sum() == len(paths)
    assert total[paths.index("net.before")] == 1
