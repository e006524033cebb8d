"""Why a speed-up is what it is: fixed costs and steps."""

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.verdict.growth import growth_sentence
from tests.analysis.scaling.test_scaling import wall


def test_without_a_fixed_cost_the_fit_says_so() -> None:
    times = {1: [100] * 3, 2: [200] * 3, 4: [400] * 3}
    assert growth_sentence(wall(times), BATCH_SIZE) == "The fit finds no fixed cost per batch."


def test_a_step_is_the_reason() -> None:
    times = {1: [100] * 3, 2: [200] * 3, 4: [800] * 3}
    said = growth_sentence(wall(times), BATCH_SIZE)
    assert said == "The time per image changes in one step, at batch 4."


def test_a_fixed_cost_is_what_a_larger_batch_shares() -> None:
    times = {1: [200] * 3, 2: [300] * 3, 4: [500] * 3}
    assert growth_sentence(wall(times), BATCH_SIZE) == (
        "The fit finds a fixed cost of 100 ns per batch and 100 ns per image: a larger batch can "
        "share 50% of the time of batch 1."
    )


def test_one_size_has_no_growth() -> None:
    assert growth_sentence(wall({1: [200] * 3}), BATCH_SIZE) == ""
