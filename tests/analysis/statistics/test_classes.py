"""Classes and steps: intervals on all sides of the band."""

import numpy as np
import pytest

from samprof.analysis.statistics.classes import CLASS_LEVEL, classified, classify, step_places
from samprof.analysis.statistics.intervals import Floats, Interval, paired_ratio


def interval(*pairs: tuple[float, float]) -> Interval:
    low, high = (np.array(side) for side in zip(*pairs, strict=True))
    return Interval((low + high) / 2, low, high)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (1.11, 1.5, "gains"),
        (1.10, 1.5, "not worse"),  # 1.1 itself is within the band
        (0.92, 1.5, "not worse"),
        (0.91, 1.10, "same"),
        (0.95, 1.05, "same"),
        (0.85, 1.05, "no gain"),
        (0.5, 0.95, "no gain"),
        (0.5, 0.90, "loses"),
        (0.85, 1.15, "undecided"),
        (np.nan, np.nan, "undecided"),
    ],
)
def test_a_class_holds_for_the_whole_interval(low: float, high: float, word: str) -> None:
    assert classify(low, high) == word
    assert classified(interval((low, high))).tolist() == [word]


def test_a_step_is_where_exactly_one_pair_of_neighbours_differs() -> None:
    flat, gains, loses, wide = (0.99, 1.01), (1.9, 2.1), (0.5, 0.6), (0.8, 1.3)
    rows = [
        ((gains, flat, flat), 1),
        ((flat, loses, flat), 2),
        ((flat, flat, gains), 3),
        ((flat, flat, flat), 0),
        ((gains, gains, flat), 0),
        ((gains, wide, flat), 0),  # the second pair may be another step
    ]
    neighbours = [interval(*(row[place] for row, _ in rows)) for place in range(3)]
    assert step_places(neighbours).tolist() == [place for _, place in rows]


def test_two_sizes_cannot_tell_a_step_from_a_slope() -> None:
    assert step_places([interval((1.9, 2.1))]).tolist() == [0]
    assert step_places([]).tolist() == []


@pytest.mark.parametrize(("rounds", "noise"), [(4, 0.012), (6, 0.015), (8, 0.02)])
def test_equal_sweeps_get_the_same_class(rounds: int, noise: float) -> None:
    """33 layers that gain 40 %, lose 30 % or stay, at the precision at which a sweep stops.

    The half-width of 3 % at 95 % is reached with 1.3 % of noise at 4 rounds, 2.0 % at 6, 2.5 % at 8.
    """
    rng = np.random.default_rng(14)
    truth = np.repeat([1.4, 1.0, 0.7], 11)
    words = np.stack([classified(_speedups(rng, truth, rounds, noise)) for _ in range(60)])
    assert np.mean(words == np.repeat(["gains", "same", "loses"], 11)) > 0.99
    six = words.reshape(10, 6, 33)
    assert np.mean((six == six[:, :1]).all(axis=1)) > 0.95


def test_noise_leaves_classes_open_rather_than_wrong() -> None:
    rng = np.random.default_rng(15)
    truth = np.repeat([1.4, 1.0, 0.7], 1000)
    words = classified(_speedups(rng, truth, 4, 0.06)).reshape(3, 1000)
    contrary = (["loses", "no gain", "same"], ["gains", "loses"], ["gains", "not worse", "same"])
    for found, wrong in zip(words, contrary, strict=True):
        assert np.isin(found, wrong).mean() < 0.01
    assert (words[1] == "undecided").mean() > 0.1


def _speedups(rng: np.random.Generator, truth: Floats, rounds: int, noise: float) -> Interval:
    sides = np.exp(noise * rng.standard_normal((2, len(truth), rounds)))
    return paired_ratio(sides[0] * truth[:, None], sides[1], CLASS_LEVEL)
