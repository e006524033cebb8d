"""Intervals on threads: which is innermost at a time, which is inside which, crossing ones too."""

import numpy as np
import numpy.typing as npt

from samprof.trace.model.nesting import Nesting


def nested(*intervals: tuple[int, int, int]) -> Nesting:
    """The nesting of (thread, start, end); the first of equal ones is outer."""
    thread, start, end = np.array(intervals, np.int64).reshape(-1, 3).T
    tie = np.arange(len(thread), dtype=np.int32)
    return Nesting.of(thread.astype(np.int32), start, end - start, tie)


def innermost(nesting: Nesting, *queries: tuple[int, int]) -> list[int]:
    """For each (thread, time) the row of the innermost interval, as given to `nested`; else -1."""
    thread, time = np.array(queries, np.int64).T
    found = nesting.innermost(thread.astype(np.int32), time)
    return [int(nesting.rows[place]) if place >= 0 else -1 for place in found.tolist()]


def by_row(nesting: Nesting, column: npt.NDArray[np.int64]) -> list[int]:
    """The values of a column in the order of the intervals given to `nested`."""
    return column[np.argsort(nesting.rows)].tolist()


def parents(nesting: Nesting) -> list[int]:
    rows = np.append(nesting.rows, -1)
    return by_row(nesting, rows[nesting.parent])


def test_the_latest_start_is_innermost_then_the_shortest() -> None:
    # 0 [0, 100) holds 1 [10, 50) and 2 [10, 30), which start together.
    nesting = nested((1, 0, 100), (1, 10, 50), (1, 10, 30))
    assert parents(nesting) == [-1, 0, 1]
    assert by_row(nesting, nesting.depth) == [0, 1, 2]
    assert innermost(nesting, (1, 5), (1, 20), (1, 40), (1, 60)) == [0, 2, 1, 0]


def test_an_interval_holds_its_start_and_not_its_end() -> None:
    nesting = nested((1, 10, 20), (1, 20, 30), (1, 25, 25))
    queries = [(1, 9), (1, 10), (1, 19), (1, 20), (1, 25), (1, 30)]
    assert innermost(nesting, *queries) == [-1, 0, 0, 1, 1, -1]


def test_threads_do_not_meet() -> None:
    nesting = nested((2, 0, 100), (1, 10, 20))
    assert parents(nesting) == [-1, -1]
    assert innermost(nesting, (1, 15), (1, 50), (2, 15), (3, 15)) == [1, -1, 0, -1]


def test_equal_intervals_are_ordered_by_the_tie() -> None:
    assert parents(nested((1, 0, 10), (1, 0, 10))) == [-1, 0]


def test_time_as_innermost_is_the_own_length_without_what_is_inside() -> None:
    # 100 - 40 - 10; 40 - 5; 5; 10.
    nesting = nested((1, 0, 100), (1, 10, 50), (1, 20, 25), (1, 60, 70))
    assert by_row(nesting, nesting.innermost_time()) == [50, 35, 5, 10]


def test_crossing_intervals_give_their_common_time_to_the_later_one() -> None:
    # 0 [0, 60) and 1 [40, 100): 1 starts in 0 and is inside it.
    nesting = nested((1, 0, 60), (1, 40, 100))
    assert parents(nesting) == [-1, 0]
    assert by_row(nesting, nesting.innermost_time()) == [40, 60]
    assert innermost(nesting, (1, 50), (1, 80)) == [1, 1]


def test_values_add_up_from_the_inside_out() -> None:
    nesting = nested((1, 0, 100), (1, 10, 50), (1, 20, 25), (1, 60, 70))
    own = np.array([1, 2, 4, 8])[nesting.rows]
    assert by_row(nesting, nesting.add_up(own)) == [15, 6, 4, 8]


def test_all_inside_an_interval_follow_it() -> None:
    # 0 [0, 100) holds 1 [10, 50), which holds 2 [20, 25), and 3 [60, 70); 4 is on another thread.
    nesting = nested((1, 0, 100), (1, 10, 50), (1, 20, 25), (1, 60, 70), (2, 0, 5))
    assert by_row(nesting, nesting.behind) == [4, 3, 3, 4, 5]


def test_no_intervals_hold_nothing() -> None:
    nesting = nested()
    assert innermost(nesting, (1, 5)) == [-1]
    assert nesting.innermost_time().tolist() == []
