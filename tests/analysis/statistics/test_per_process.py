"""One number per process: medians of repeats, and what is missing."""

import numpy as np
import pandas as pd

from samprof.analysis.statistics.per_process import rounds_of, time_per_process


def table(*rows: tuple[str, int, int, int]) -> pd.DataFrame:
    """Rows of path, round, repeat, time; a process per round."""
    frame = pd.DataFrame(rows, columns=["path", "round", "repeat", "time_ns"])
    return frame.assign(process=frame["round"] + 70)


def test_a_process_is_the_median_of_its_repeats() -> None:
    layers = table(("a", 1, 0, 5), ("a", 1, 1, 9), ("a", 1, 2, 6), ("a", 0, 0, 4))
    assert rounds_of(layers) == [0, 1]
    assert time_per_process(layers, ["a"]).tolist() == [[4, 6]]
    assert time_per_process(layers, ["a"], [1, 0]).tolist() == [[6, 4]]


def test_calls_of_one_repeat_are_summed() -> None:
    assert time_per_process(table(("a", 0, 0, 5), ("a", 0, 0, 7)), ["a"]).tolist() == [[12]]


def test_a_layer_that_does_not_run_takes_no_time_and_a_missing_process_is_missing() -> None:
    layers = table(("a", 0, 0, 5), ("b", 0, 0, 3), ("a", 0, 1, 7), ("a", 2, 0, 8))
    found = time_per_process(layers, ["b", "a", "nowhere"], [0, 1, 2])
    # b runs in one of two repeats of round 0: the median of 3 and 0; not at all in round 2.
    expected = [[1.5, np.nan, 0], [6, np.nan, 8], [np.nan, np.nan, np.nan]]
    assert np.array_equal(found, np.array(expected), equal_nan=True)


def test_paths_that_are_not_asked_for_are_left_out() -> None:
    assert time_per_process(table(("a", 0, 0, 5), ("b", 0, 0, 3)), ["b"]).tolist() == [[3]]


def test_two_processes_of_a_round_are_one_number() -> None:
    layers = table(("a", 0, 0, 5), ("a", 0, 0, 9))
    layers["process"] = [1, 2]
    assert time_per_process(layers, ["a"]).tolist() == [[7]]
