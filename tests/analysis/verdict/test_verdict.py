"""The verdict on hand-made points: claim, reason, blame, advice."""

import numpy as np
import pandas as pd
import pytest

from samprof.analysis.device.paging import Paging
from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.statistics.expected_error import ExpectedError
from samprof.analysis.verdict.limits import Limits
from samprof.analysis.verdict.verdict import Verdict, verdict
from samprof.analysis.verdict.whole import whole_speedups
from samprof.errors import RunError
from tests.analysis.scaling.test_scaling import layers, points, wall

IMAGES = BATCH_SIZE
# 200, 300, 500 ns a batch: 5.0, 6.67, 8.0 million images a second.
HELPS = wall({1: [200] * 3, 2: [300] * 3, 4: [500] * 3})
HURTS = wall({1: [100] * 3, 2: [300] * 3, 4: [800] * 3})
# 3 ns and 97 ns per image: 400 / 391 at batch 4.
NO_GAIN = wall({1: [100] * 3, 2: [197] * 3, 4: [391] * 3})
PAGING = Paging(0.35, 33_000.0, "preload another allocator", 1.72)


def found(table: pd.DataFrame, **arguments: object) -> Verdict:
    return verdict(points(), table, layers(), **arguments)  # type: ignore[arg-type]


def test_the_verdict_when_batching_helps() -> None:
    answer = found(HELPS)
    assert (answer.best_size, answer.claim) == (4, "helps")
    assert (answer.speedup, answer.speedup_low, answer.speedup_high) == pytest.approx((1.6,) * 3)
    assert answer.units_per_s == pytest.approx(8e6)
    # At batch 4 an image takes 25 (rest), 75 (attention), 25 (MLP) of 125 ns; the rest gains.
    assert answer.blame == ("window attention", "MLP")
    assert [(entry.share, entry.speedup) for entry in answer.blame_details] == [
        (pytest.approx(0.6), pytest.approx(1.0)),
        (pytest.approx(0.2), pytest.approx(1.0)),
    ]
    assert answer.sentences == (
        "Batching helps: batch 4 runs at 1.60x the throughput of batch 1 (95% CI 1.60-1.60).",
        "The fit finds a fixed cost of 100 ns per batch and 100 ns per image: a larger batch can "
        "share 50% of the time of batch 1.",
        "Window attention (60% of the time per image at batch 4, 1.00x, 95% CI 1.00-1.00) and MLP (20%, "
        "1.00x, 95% CI 1.00-1.00) hold it back.",
        "Run batch 4: 8000000 images/s with 4.00 MiB, the smallest within 5% of the best.",
    )
    assert answer.reason == answer.sentences[1]
    assert answer.remedy == ""
    assert " ".join(repr(answer).split()) == f"<Verdict: {answer}>"
    assert max(map(len, repr(answer).splitlines())) <= 100


def test_the_verdict_when_batching_hurts() -> None:
    answer = found(HURTS)
    assert (answer.best_size, answer.claim, answer.speedup) == (1, "hurts", 1.0)
    # Each layer takes the same time per image, or less: none is proven to lose.
    assert answer.blame == ()
    assert answer.sentences == (
        "Batching hurts: batch 4 runs at 0.50x the throughput of batch 1 (95% CI 0.50-0.50).",
        "No fixed cost per batch explains the times of all sizes.",
        "Run batch 1: 10000000 images/s with 1.00 MiB, since no larger one is proven to be faster "
        "(batch 4 takes 4.00 MiB).",
    )


def test_the_verdict_when_batching_brings_no_gain() -> None:
    answer = verdict(points(oom=(8,)), NO_GAIN, layers())
    assert (answer.best_size, answer.claim) == (1, "no gain")
    assert answer.sentences[:2] == (
        "Batching brings no gain: batch 4 runs at 1.02x the throughput of batch 1 (95% CI 1.02-1.02).",
        "The fit finds a fixed cost of 3.00 ns per batch and 97.0 ns per image: a larger batch can "
        "share 3% of the time of batch 1.",
    )
    assert "batch 8 did not fit in memory" in answer.sentences[-1]


def test_a_wide_interval_leaves_it_undecided() -> None:
    # Ratios per round of 1.3, 1.0, 0.8 at batch 4: the logs have a mean of 0.0131.
    table = wall({1: [130, 100, 80], 2: [200] * 3, 4: [400] * 3})
    answer = found(table)
    assert answer.claim == "undecided"
    assert answer.blame == ()
    speedups = whole_speedups(table, IMAGES).set_index("size")
    low, high = speedups.loc[2, "speedup_low"], speedups.loc[2, "speedup_high"]
    assert answer.sentences[0] == (
        "Undecided, because the 95% interval of the speed-up at batch 2 is "
        f"{low:.2f}-{high:.2f} after 3 rounds."
    )


OPEN = wall({1: [200, 300, 250], 2: [300, 290, 500], 4: [500, 800, 400]})


@pytest.mark.parametrize("limits", [Limits(), Limits(latency_ns=600)])
def test_what_is_undecided_is_for_no_larger_size(limits: Limits) -> None:
    """Batch 4 seems to be faster, and may not be: asked again, batch 2 might."""
    answer = found(OPEN, limits=limits)
    assert (answer.claim, answer.best_size, answer.recommended) == ("undecided", 1, None)
    seen = whole_speedups(OPEN, IMAGES)["speedup"]
    assert seen.iloc[-1] > 1.05  # else it would be the smallest anyhow


def test_what_is_predicted_is_for_the_size_that_is_predicted_to_be_best() -> None:
    one = wall({1: [200], 2: [300], 4: [500]})
    answer = found(one, error=ExpectedError(1.4, 1.7))
    assert (answer.claim, answer.best_size) == ("undecided", 4)


def test_without_a_clean_answer_no_number_is_claimed() -> None:
    answer = found(HELPS, undecided="foreign processes used 0.70 of the CPU", remarks=["it is so"])
    assert answer.claim == "undecided"
    assert answer.reason == "foreign processes used 0.70 of the CPU"
    assert answer.sentences == (
        "Undecided, because foreign processes used 0.70 of the CPU.",
        "It is so.",
    )
    assert answer.best_size == 1
    numbers = (answer.speedup, answer.speedup_low, answer.speedup_high, answer.units_per_s)
    assert np.isnan(numbers).all()
    assert answer.as_dict()["speedup"] is None
    assert answer.blame == ()


def test_what_did_not_fit_is_said_without_a_clean_answer_too() -> None:
    why = "the CPUs ran at 0.62 of their usual speed"
    answer = verdict(points(oom=(8,)), HELPS, layers(), undecided=why)
    assert answer.sentences == (f"Undecided, because {why}.", "Batch 8 did not fit in memory.")


def test_nobody_is_blamed_for_paging() -> None:
    answer = found(HURTS, paging=PAGING, remarks=("In the other state it is 1.30x",))
    assert answer.claim == "hurts"
    assert answer.blame == ()
    assert answer.remedy == "preload another allocator"
    assert answer.reason == answer.sentences[1]
    assert answer.sentences[1:3] == (
        "Paging: the operating system spends 35% of the time handing out memory anew "
        "(33,000 page faults per image).",
        "To avoid it, preload another allocator (measured here: 1.72x).",
    )
    assert answer.sentences[-1] == "In the other state it is 1.30x."


def test_the_smallest_batch_within_five_percent_of_the_best_is_advised() -> None:
    # Images a second, relative: 1, 1.92, 2.0.
    table = wall({1: [1000] * 3, 2: [1042] * 3, 4: [2000] * 3})
    assert found(table).best_size == 2


def test_a_verdict_needs_a_point() -> None:
    with pytest.raises(
        RunError, match="no size ran to its end: batch 1 did not fit in memory; sweep smaller ones"
    ):
        verdict(points(sizes=(), oom=(1,)), wall({}), layers())
