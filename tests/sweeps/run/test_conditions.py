"""The machine around each forward: its state, its speed, and which forwards count."""

import math
from itertools import pairwise

import pytest

from samprof.analysis.statistics.states import MIXED
from samprof.sweeps.run.conditions import conditions_of
from samprof.sweeps.run.sample import Sample
from samprof.sweeps.run.samples import samples_table
from tests.support.samples import points, recorded, sample, timed

NEAR, FAR = 30.0, 150.0
FAST = [500.0, 500.0]
SLOW = [900.0, 900.0]


def around(*readings: float) -> list[float]:
    """What is read before and after each forward, of these readings between them."""
    pairs = pairwise(readings)
    return [end for pair in pairs for end in pair]


def in_turns(size: int, round_: int, wall_ns: list[int], **more: object) -> Sample:
    given = {"reference_ns": FAST * len(wall_ns), "in_turns": True, **more}
    return timed(size, round_, wall_ns, **given)


def test_forwards_in_another_state_than_most_of_their_round_do_not_count() -> None:
    one = in_turns(1, 0, [10, 10, 10, 90], latency_ns=around(NEAR, NEAR, NEAR, NEAR, FAR))
    two = in_turns(2, 0, [20, 20, 20, 80], latency_ns=around(NEAR, NEAR, NEAR, NEAR, FAR))
    found = conditions_of([one, two])
    assert found.timed(one).clean == [True, True, True, False]
    assert found.state_of(one) == "near"
    assert found.latency_of(one) == (NEAR, NEAR)
    assert samples_table(points(one, two))["wall_ns"].tolist() == [10, 20]


def test_a_sample_has_the_state_of_its_round_or_none() -> None:
    """Two of three sizes are near throughout; the third saw the other state, and hardly that one."""
    near = [in_turns(size, 0, [10] * 3, latency_ns=[NEAR] * 6) for size in (1, 2)]
    far = in_turns(4, 0, [10] * 3, latency_ns=[FAR] * 6)
    found = conditions_of([*near, far])
    assert [found.state_of(one) for one in (*near, far)] == ["near", "near", MIXED]
    table = samples_table(points(*near, far))
    assert table["why"].tolist() == ["", "", "the machine changed its state meanwhile"]


def test_each_round_has_a_state_of_its_own() -> None:
    rounds = [in_turns(1, n, [10] * 3, latency_ns=[at] * 6) for n, at in enumerate((NEAR, FAR))]
    found = conditions_of(rounds)
    assert [found.state_of(one) for one in rounds] == ["near", "far"]
    assert all(found.timed(one).clean == [True] * 3 for one in rounds)


def test_recorded_forwards_are_looked_at_alike() -> None:
    given = {"recorded_reference_ns": FAST * 3, "in_turns": True}
    one = recorded(1, 0, [10, 11, 90], recorded_latency_ns=around(NEAR, NEAR, NEAR, FAR), **given)
    found = conditions_of([one])
    assert found.recorded(one).clean == [True, True, False]
    assert found.state_of(one) == "near"


def test_a_round_in_turns_that_was_slow_counts_as_it_is() -> None:
    usual = [in_turns(1, number, [10, 11, 12]) for number in range(3)]
    slow = [
        in_turns(1, 3, [19, 20, 21], reference_ns=SLOW * 3),
        in_turns(2, 3, [40, 41, 42], reference_ns=FAST + SLOW * 2),
    ]
    found = conditions_of([*usual, *slow])
    assert all(found.timed(one).clean == [True] * 3 for one in slow)
    table = samples_table(points(*usual, *slow))
    assert table["clean"].all()
    assert table["speed"].tolist() == [1.0, 1.0, 1.0, pytest.approx(5 / 9), pytest.approx(5 / 9)]


def test_a_few_slow_forwards_in_turns_do_not_count() -> None:
    one = in_turns(1, 0, [10, 11, 90], reference_ns=FAST * 2 + SLOW)
    others = [in_turns(1, number, [10, 11, 12]) for number in range(1, 4)]
    assert conditions_of([one, *others]).timed(one).clean == [True, True, False]


def test_a_round_one_after_the_other_that_was_slow_does_not_count() -> None:
    usual = [in_turns(1, number, [10, 11, 12]) for number in range(3)]
    slow = timed(1, 3, [19, 20, 21], reference_ns=[900] * 4)
    assert samples_table(points(*usual, slow))["clean"].tolist() == [True, True, True, False]


def test_in_turns_a_slow_round_is_no_reason_to_drop_it() -> None:
    rounds = [in_turns(size, n, [10 * size]) for n in range(4) for size in (1, 2)]
    slow = [in_turns(size, 4, [14 * size]) for size in (1, 2)]
    assert samples_table(points(*rounds, *slow))["clean"].all()


def test_where_nothing_was_read_there_is_no_state() -> None:
    bare = sample(1, 0, wall_ns=[10], latency=(math.nan, math.nan))
    found = conditions_of([bare])
    assert found.state_of(bare) == ""
    assert all(math.isnan(one) for one in found.latency_of(bare))
    assert math.isnan(found.speed_of(bare))
