"""How far a sweep is: what is missing, and when it is precise enough."""

import math
from dataclasses import replace

import pytest

from samprof.sweeps.plan import Plan
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.standing import MOST_ROUNDS, standing
from tests.support.samples import points, recorded, sample, timed

PLAN = Plan(target={}, sizes=(1, 4))
BUSY = {"foreign_share": 0.70}


def round_of(number: int, one_ns: int, four_ns: int, **more: object) -> list[Sample]:
    return [timed(1, number, [one_ns], **more), timed(4, number, [four_ns], **more)]


def recordings(first: int, rounds: int) -> list[Sample]:
    numbers = range(first, first + rounds)
    return [recorded(size, number, [size]) for number in numbers for size in (1, 4)]


def test_nothing_measured_yet() -> None:
    found = standing(PLAN, [])
    assert (found.timed, found.recorded, found.rounds) == (0, 0, 0)
    assert found.missing == ("timed", "recorded")
    assert math.isnan(found.speedup)


def test_a_recorded_round_follows_the_first_timed_one() -> None:
    found = standing(PLAN, points(*round_of(0, 100, 400)))
    assert (found.timed, found.missing) == (1, ("recorded", "timed"))


@pytest.mark.parametrize(
    ("timed_rounds", "recorded_rounds", "next_one"),
    [
        *((1, 1, "timed"), (2, 1, "recorded"), (3, 3, "timed"), (4, 3, "recorded")),
        *((4, 4, "timed"), (5, 4, "timed"), (9, 4, "recorded")),
    ],
)
def test_both_kinds_take_turns_until_there_are_four_of_each(
    timed_rounds: int, recorded_rounds: int, next_one: str
) -> None:
    noisy = [
        one
        for number, time in enumerate((100, 150, 90, 130, 100, 150, 90, 130, 99)[:timed_rounds])
        for one in round_of(number, time, 400)
    ]
    found = standing(PLAN, points(*noisy, *recordings(10, recorded_rounds)))
    assert found.missing[0] == next_one


def test_equal_rounds_are_enough_after_four() -> None:
    three = [one for number in range(3) for one in round_of(number, 100, 200)]
    found = standing(PLAN, points(*three, *recordings(10, 6)))
    assert found.missing == ("timed",)
    found = standing(PLAN, points(*three, *round_of(3, 100, 200), *recordings(10, 6)))
    assert found.missing == ()
    # 4 images in 200 ns against 1 in 100 ns: twice the throughput, and no noise.
    assert (found.speedup, found.low, found.high) == pytest.approx((2.0, 2.0, 2.0))
    assert found.half_width == pytest.approx(0.0)


def test_noise_asks_for_more_rounds() -> None:
    noisy = [
        one
        for number, time in enumerate((100, 120, 90, 130))
        for one in round_of(number, time, 400)
    ]
    found = standing(PLAN, points(*noisy, *recordings(10, 6)))
    assert found.half_width > PLAN.precision
    assert found.missing == ("timed",)
    assert standing(replace(PLAN, precision=0.9), points(*noisy, *recordings(10, 6))).missing == ()


def test_what_rounds_share_cancels() -> None:
    """Rounds of 100 to 130 ns, but always four times as long for four images: exactly no speed-up."""
    shared = [
        one for number in range(4) for one in round_of(number, 100 + 10 * number, 400 + 40 * number)
    ]
    found = standing(PLAN, points(*shared, *recordings(10, 6)))
    assert (found.low, found.high) == pytest.approx((1.0, 1.0))
    assert found.missing == ()


def test_layers_may_have_been_recorded_in_another_state() -> None:
    """Three timed rounds near, four recorded ones far: those count, for the layers."""
    near = [one for number in range(3) for one in round_of(number, 100, 400)]
    far = [
        recorded(size, number, [size], latency=(150.0, 150.0))
        for number in range(10, 14)
        for size in (1, 4)
    ]
    found = standing(PLAN, points(*near, *far))
    assert (found.timed, found.recorded) == (3, 4)


def test_contaminated_rounds_do_not_count() -> None:
    clean = [one for number in range(3) for one in round_of(number, 100, 400)]
    found = standing(PLAN, points(*clean, *round_of(3, 90, 500, machine=BUSY), *recordings(10, 6)))
    assert (found.timed, found.rounds, found.dropped) == (3, 10, 2)
    assert found.missing == ("timed",)
    assert found.undecided == ""


def test_a_fixed_number_of_rounds_is_taken_whatever_their_state() -> None:
    plan = replace(PLAN, rounds=2)
    two = [one for number in range(2) for one in round_of(number, 100, 500, machine=BUSY)]
    found = standing(plan, points(*two, *recordings(10, 2)))
    assert found.missing == ()
    assert found.undecided == "foreign processes used 0.70 of the CPU"
    assert standing(replace(PLAN, rounds=9), points(*two, *recordings(10, 6))).missing == ("timed",)


def test_a_single_size_needs_no_ratio() -> None:
    plan = replace(PLAN, sizes=(4,))
    four = [timed(4, number, [100 + number]) for number in range(4)]
    found = standing(plan, points(*four, *(recorded(4, 9 + n, [1]) for n in range(6))))
    assert found.missing == ()


def test_a_size_that_fails_is_not_waited_for() -> None:
    four = [timed(1, number, [100]) for number in range(4)]
    found = standing(
        PLAN,
        points(*four, *(recorded(1, 9 + n, [1]) for n in range(6)), sample(4, 0, status="oom")),
    )
    assert found.missing == ()
    assert found.sizes == (1,)


def test_a_size_that_was_interrupted_is_still_to_be_measured() -> None:
    four = [timed(1, number, [100]) for number in range(4)]
    found = standing(PLAN, points(*four, sample(4, 0, status="interrupted")))
    assert found.sizes == (1, 4)
    assert "timed" in found.missing


def test_tiny_models_end_however_noisy() -> None:
    noisy = [
        one
        for number in range(MOST_ROUNDS)
        for one in round_of(number, 100 if number % 2 else 300, 400)
    ]
    assert standing(PLAN, points(*noisy, *recordings(99, 6))).missing == ()
