"""Level of detail: wide slices are exact, thin ones are summed, and there are never too many bars."""

import numpy as np
import pytest

from samprof.integrations.tensorboard.timeline.tracks import Timeline
from samprof.integrations.tensorboard.timeline.window import bars_in, most_bars

SMALL = np.zeros(0, np.int32)


def timeline_with(start: np.ndarray, end: np.ndarray) -> Timeline:
    """A single row of these slices."""
    count = len(start)
    zeros = np.zeros(count, np.int32)
    bounds = np.array([0, count])
    return Timeline((), bounds, start, end, zeros, zeros, zeros - 1, ("a",), 1, 0)


@pytest.mark.parametrize("width", [1, 7, 300, 1200])
def test_the_bars_of_the_whole_stand_for_every_slice_and_its_time(
    timeline: Timeline, width: int
) -> None:
    for row in range(len(timeline.bounds) - 1):
        bars = bars_in(timeline, row, 0, timeline.span_ns, width)
        first, last = timeline.bounds[row : row + 2]
        assert bars.count.sum() == last - first
        assert bars.filled.sum() == (timeline.end - timeline.start)[first:last].sum()
        assert len(bars.part) <= most_bars(width)
        assert (bars.start[1:] >= bars.end[:-1]).all()
        assert (bars.start <= timeline.start[bars.part]).all()
        assert (bars.end >= timeline.end[bars.part]).all()


def test_where_there_is_room_each_slice_is_a_bar_of_its_own(timeline: Timeline) -> None:
    row = 0
    first, last = timeline.bounds[row : row + 2].tolist()
    bars = bars_in(timeline, row, 0, timeline.span_ns, 2 * (last - first))
    assert bars.part.tolist() == list(range(first, last))
    assert bars.start.tolist() == timeline.start[first:last].tolist()
    assert bars.end.tolist() == timeline.end[first:last].tolist()


def test_thin_slices_of_the_same_pixels_are_one_bar_named_after_the_longest() -> None:
    # Ten pixels of 100 ns: from 0 on ten slices of 10 ns with 10 ns between them, then a wide one.
    start = np.array([*range(0, 200, 20), 300])
    end = start + np.array([10] * 4 + [15] + [10] * 5 + [500])
    bars = bars_in(timeline_with(start, end), 0, 0, 1000, 10)
    assert bars.count.tolist() == [10, 1]
    assert bars.part.tolist() == [4, 10]
    assert bars.start.tolist() == [0, 300]
    assert bars.end.tolist() == [190, 800]
    assert bars.filled.tolist() == [105, 500]


def test_only_what_the_window_touches_is_sent() -> None:
    start = np.arange(0, 1000, 100)
    timeline = timeline_with(start, start + 50)
    assert bars_in(timeline, 0, 210, 420, 100).part.tolist() == [2, 3, 4]
    assert bars_in(timeline, 0, 260, 290, 100).part.tolist() == []


def test_a_million_slices_are_few_bars() -> None:
    start = np.arange(0, 10_000_000, 10)
    bars = bars_in(timeline_with(start, start + 5), 0, 0, 10_000_000, 1000)
    assert len(bars.part) <= most_bars(1000)
    assert bars.count.sum() == 1_000_000
