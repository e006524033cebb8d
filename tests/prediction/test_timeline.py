"""The timeline of a prediction: nesting kept, one kernel after the other, the host that lags behind."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from samprof.prediction.timeline import LATENCY_NS, device_starts, host_times


@st.composite
def nested(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Intervals that hold each other or lie apart, as calls on a thread do."""
    found: list[tuple[int, int]] = []

    def fill(start: int, end: int, depth: int) -> None:
        at = start
        while depth and end - at > 4 and draw(st.booleans()):
            begin = draw(st.integers(at, end - 2))
            stop = draw(st.integers(begin + 1, end))
            found.append((begin, stop))
            fill(begin, stop, depth - 1)
            at = stop

    fill(0, 1000, 4)
    return found


@given(nested(), st.integers(0, 100))
def test_what_holds_what_stays(intervals: list[tuple[int, int]], cost: int) -> None:
    start, end = (np.array([one[side] for one in intervals], np.int64) for side in (0, 1))
    times = host_times(start, end, np.full(len(intervals), cost, np.int64))
    for i, (a, b) in enumerate(intervals):
        assert times.end[i] - times.start[i] >= cost
        for j, (c, d) in enumerate(intervals):
            if b <= c:
                assert times.end[i] <= times.start[j]
            elif a <= c and d <= b and i < j:
                assert times.start[i] + cost <= times.start[j]
                assert times.end[j] <= times.end[i]


def test_a_slow_host_leaves_the_device_idle_and_a_fast_one_does_not() -> None:
    durations = np.full(4, 5_000)
    slow = device_starts(np.arange(4) * 20_000, durations)
    fast = device_starts(np.arange(4) * 1_000, durations)
    assert np.diff(slow).tolist() == [20_000] * 3
    assert fast.tolist() == [LATENCY_NS + 5_000 * place for place in range(4)]
