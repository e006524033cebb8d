"""Which forwards ran at the usual speed of the CPUs, found in the run itself."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samprof.analysis.statistics.cpu_speed import (
    UsualSpeed,
    clean_forwards,
    is_slowed,
    slow_rounds,
    usual_speed,
)

durations = st.floats(1.0, 1e9)


def test_the_usual_speed_is_found_though_most_of_a_run_is_slowed() -> None:
    assert usual_speed([500] * 3 + [900] * 7) == UsualSpeed(500, pytest.approx(550))
    assert usual_speed([300] + [500] * 9).usual_ns == 500  # a cold CPU's first moment
    assert math.isnan(usual_speed([]).usual_ns)


def test_what_varies_by_itself_may_vary() -> None:
    steady, restless = [99, 100, 101, 102] * 25, [80, 90, 100, 110, 120] * 20
    assert usual_speed(steady).slowest_ns == pytest.approx(1.10 * usual_speed(steady).usual_ns)
    found = usual_speed(restless)  # from the 5th percentile to the 20th 80 to 88
    assert found.slowest_ns == pytest.approx(88 + 3 * 8)
    assert usual_speed([1] * 10 + [100] * 90).slowest_ns == 150


@given(st.lists(durations, min_size=1), st.floats(0.1, 10.0))
def test_only_ratios_of_reference_times_count(references: list[float], unit: float) -> None:
    scaled, plain = usual_speed([unit * one for one in references]), usual_speed(references)
    assert scaled.usual_ns == pytest.approx(unit * plain.usual_ns)
    assert scaled.slowest_ns == pytest.approx(unit * plain.slowest_ns)


@given(st.lists(durations, min_size=2), durations)
def test_a_forward_is_clean_between_two_fast_references(
    references: list[float], limit: float
) -> None:
    clean = clean_forwards(references, len(references) - 1, limit)
    for place, found in enumerate(clean):
        assert found == (max(references[place : place + 2]) <= limit)


@pytest.mark.parametrize("slowest", [math.inf, usual_speed([]).slowest_ns])
def test_where_no_usual_speed_is_known_every_forward_counts(slowest: float) -> None:
    assert clean_forwards([1, 900, 1], 2, slowest) == [True, True]


def test_forwards_without_references_count() -> None:
    assert clean_forwards([], 3, 500.0) == [True] * 3


@given(st.lists(st.booleans(), max_size=9))
def test_two_clean_forwards_are_enough(clean: list[bool]) -> None:
    assert is_slowed(clean) == (sum(clean) < min(2, len(clean)))


def times(rows: list[tuple[int, int, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["size", "round", "time_ns"])


def test_one_size_cannot_tell_a_round_from_a_process() -> None:
    assert slow_rounds(times([(1, number, 10.0) for number in range(4)] + [(1, 4, 99.0)])) == {}


def test_two_rounds_do_not_tell_what_is_usual() -> None:
    assert slow_rounds(times([(1, 0, 10), (2, 0, 20), (1, 1, 90), (2, 1, 180)])) == {}


@given(st.lists(st.floats(0.9, 1.0), min_size=3, max_size=9), st.floats(1.3, 9.0))
def test_a_slow_round_is_found_whatever_the_unit(noise: list[float], factor: float) -> None:
    rows = [(size, number, size * one) for number, one in enumerate(noise) for size in (1, 2, 8)]
    slow = [(size, 99, size * factor) for size in (1, 2, 8)]
    assert set(slow_rounds(times(rows + slow))) == {99}
    assert slow_rounds(times(rows)) == {}
