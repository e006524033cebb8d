"""Why a speed-up is what it is: fixed costs and steps."""

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.verdict.growth import growth_sentence
from samprof.analysis.verdict.whole import whole_speedups
from tests.analysis.scaling.test_scaling import wall

Times = dict[int, list[int]]


def said(times: Times) -> str:
    table = wall(times)
    return growth_sentence(table, whole_speedups(table, BATCH_SIZE), BATCH_SIZE)


def test_without_a_fixed_cost_the_fit_says_so() -> None:
    times = {1: [100] * 3, 2: [200] * 3, 4: [400] * 3}
    assert said(times) == "The fit finds no fixed cost per batch."


def test_a_step_is_the_reason() -> None:
    times = {1: [100] * 3, 2: [200] * 3, 4: [800] * 3}
    assert said(times) == "The time per image changes in one step, at batch 4."


def test_a_fixed_cost_is_what_a_larger_batch_shares() -> None:
    times = {1: [200] * 3, 2: [300] * 3, 4: [500] * 3}
    assert said(times) == (
        "The fit finds a fixed cost of 100 ns per batch and 100 ns per image: a larger batch can "
        "share 50% of the time of batch 1."
    )


def test_one_size_has_no_growth() -> None:
    assert said({1: [200] * 3}) == ""


def test_a_fit_that_gives_other_speedups_than_were_measured_is_not_told() -> None:
    # Rounds so unlike each other that the noise explains any law: without a fixed cost, the fit says,
    # while within each round batch 4 runs 1.5 times as fast.
    times = {1: [90, 900, 9000], 2: [180, 1800, 18000], 4: [240, 2400, 24000]}
    assert said(times) == "The time per image changes in one step, at batch 4."
