"""What the intervals of the whole prove."""

import numpy as np
import pandas as pd
import pytest

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.verdict.whole import claim_of, whole_speedups
from tests.analysis.scaling.test_scaling import wall


def speedups(*intervals: tuple[float, float]) -> pd.DataFrame:
    rows = [
        (1, 6, 1.0, 1.0, 1.0),
        *((2**i, 6, (a + b) / 2, a, b) for i, (a, b) in enumerate(intervals, 1)),
    ]
    names = ["size", "processes", "speedup", "speedup_low", "speedup_high"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize(
    ("intervals", "word"),
    [
        ([(1.06, 1.2), (0.5, 0.6)], "helps"),  # some size helps
        ([(1.05, 1.2), (0.96, 1.04)], "undecided"),
        ([(0.97, 1.02), (0.5, 0.94)], "hurts"),
        ([(0.5, 0.94), (0.97, 1.02)], "undecided"),  # only the largest tells
        ([(0.91, 1.09), (0.95, 1.05)], "no gain"),
        ([(0.89, 1.04), (0.95, 1.05)], "undecided"),
        ([(0.93, 1.21)], "undecided"),
        ([(np.nan, np.nan)], "undecided"),
    ],
)
def test_a_claim_holds_for_whole_intervals(intervals: list[tuple[float, float]], word: str) -> None:
    claim = claim_of(speedups(*intervals), BATCH_SIZE)
    assert claim.word == word
    assert bool(claim.why_undecided) == (word == "undecided")


def test_undecided_says_why() -> None:
    assert claim_of(speedups((0.93, 1.21)), BATCH_SIZE).why_undecided == (
        "the 95% interval of the speed-up at batch 2 is 0.93-1.21 after 6 rounds"
    )
    assert claim_of(speedups((np.nan, np.nan)), BATCH_SIZE).why_undecided == (
        "one process at batch 2 gives no interval"
    )


def test_of_60_equal_sweeps_all_make_one_claim() -> None:
    """Speed-ups of 0.80, 1.0 and 1.3 at batch 8, at the noise at which a sweep stops."""
    rng = np.random.default_rng(14)
    for truth, word in ((0.8, "hurts"), (1.0, "no gain"), (1.3, "helps")):
        claims = set()
        for _ in range(60):
            times = {b: 100 * b / truth ** (b > 4) * _noise(rng) for b in (1, 2, 4, 8)}
            claims.add(claim_of(whole_speedups(wall(times), BATCH_SIZE), BATCH_SIZE).word)
        assert claims == {word}


def _noise(rng: np.random.Generator) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.exp(0.012 * rng.standard_normal(6))


def test_speedups_have_the_interval_of_their_rounds() -> None:
    # Per round 100/125 e^x with x = -0.1, 0, 0.1: the logs have a standard error of 0.1 / sqrt(3); t
    # with 2 degrees of freedom is 4.3027.
    table = wall({1: [100] * 3, 2: list(160 * np.exp([-0.1, 0.0, 0.1]))})
    first, second = whole_speedups(table, BATCH_SIZE).to_dict("records")
    assert (first["speedup"], first["speedup_low"], first["speedup_high"]) == (1.0, 1.0, 1.0)
    assert (second["wall_ns"], second["processes"]) == (pytest.approx(160), 3)
    assert second["units_per_s"] == pytest.approx(2e9 / 160)
    assert second["speedup"] == pytest.approx(1.25)
    half = 4.3027 * 0.1 / 3**0.5
    ends = (second["speedup_low"], second["speedup_high"])
    assert ends == pytest.approx((1.25 * np.exp(-half), 1.25 * np.exp(half)), rel=1e-4)
