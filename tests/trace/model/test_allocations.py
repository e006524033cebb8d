"""Levels of allocated memory over time."""

import numpy as np
import pytest

from samprof.errors import TraceError
from samprof.trace.model.allocations import Levels, levels_of, peak_inside, rebase_host_totals
from samprof.trace.model.events import MemoryEvents
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.ranges import Ranges


def memory(*rows: tuple[int, int, int, int]) -> MemoryEvents:
    """Events (time, size, total, device) on thread 0."""
    ts, size, total, device = np.array(rows, np.int64).reshape(-1, 4).T
    thread = np.zeros(len(ts), np.int32)
    return MemoryEvents(thread, ts, size, total, device.astype(np.int32))


def ranges(*intervals: tuple[int, int]) -> Ranges:
    """One node per interval [start, end) on thread 0."""
    start, end = np.array(intervals, np.int64).T
    zeros = np.zeros(len(start), np.int32)
    nesting = Nesting.of(zeros, start, end - start, zeros)
    names = tuple(f"range {row}" for row in nesting.rows.tolist())
    node = np.arange(len(start), dtype=np.int32)
    return Ranges("samprof", nesting, node, names, nesting.depth, len(start))


def test_a_level_stands_before_the_first_event_and_after_each() -> None:
    # 100 were allocated before; events may stand in any order in the file.
    levels = Levels.of(memory((20, -30, 120, 0), (10, 50, 150, 0), (15, 9, 9, 1)), 0)
    assert levels.ts.tolist() == [10, 20]
    assert levels.level.tolist() == [100, 150, 120]
    assert levels.highest == 1


def test_inside_a_range_are_the_levels_from_its_start_to_its_end() -> None:
    levels = Levels.of(memory((10, 50, 50, 0), (20, 30, 80, 0), (30, -80, 0, 0)), 0)
    # An event at the start is inside, one at the end is not: [10, 20) sees 50, [20, 30) sees 80.
    entry, highest, end = levels.inside(ranges((10, 20), (20, 30), (40, 50)))
    assert entry.tolist() == [0, 50, 0]
    assert highest.tolist() == [50, 80, 0]
    assert end.tolist() == [50, 80, 0]


def test_the_highest_level_inside_is_found_in_spans_of_any_length() -> None:
    rng = np.random.default_rng(0)
    total = rng.integers(0, 1000, 60)
    events = memory(*((at, 1, level, 0) for at, level in enumerate(total.tolist())))
    spans = [(a, b) for a in range(0, 60, 7) for b in range(a + 1, 61, 3)]
    found = ranges(*spans)
    _, highest, _ = Levels.of(events, 0).inside(found)
    # Before the first event there are total[0] - 1; after the event at t, total[t].
    level = [total[0] - 1, *total]
    bounds = zip(found.nesting.start.tolist(), found.nesting.end.tolist(), strict=True)
    assert highest.tolist() == [max(level[a : b + 1]) for a, b in bounds]


def test_the_host_counts_only_without_a_device() -> None:
    host, device = (10, 500, 500, -1), (10, 40, 40, 0)
    assert peak_inside(memory(host, device), ranges((0, 20))).tolist() == [40]
    assert peak_inside(memory(host), ranges((0, 20))).tolist() == [500]
    assert levels_of(memory(host, device)).device == 0
    assert levels_of(memory(host, device), -1).device == -1


def test_the_busiest_device_is_the_default() -> None:
    events = memory((10, 40, 40, 0), (10, 90, 90, 3))
    assert levels_of(events).device == 3


def test_a_device_without_events_is_an_error() -> None:
    with pytest.raises(TraceError, match="no allocator events"):
        levels_of(memory())
    with pytest.raises(TraceError, match="device 7"):
        levels_of(memory((10, 40, 40, 0)), 7)


def test_host_totals_count_from_the_first_event() -> None:
    # The host had 1000 before its first event at time 5, which stands second in the file.
    events = memory((10, 20, 1070, -1), (5, 50, 1050, -1), (7, 8, 3008, 0))
    assert rebase_host_totals(events).total.tolist() == [70, 50, 3008]
    assert rebase_host_totals(memory((7, 8, 3008, 0))).total.tolist() == [3008]
