"""The machine around each forward: its state, its speed, and which forwards count."""

import math
from itertools import pairwise

import pytest

from samprof.analysis.statistics.states import MIXED
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.run.tables.conditions import conditions_of
from samprof.sweeps.run.tables.samples import samples_table
from tests.support.samples import points, recorded, sample, timed

NEAR, FAR = 30.0, 150.0
FAST = [500.0, 500.0]
SLOW = [900.0, 900.0]


def around(*readings: float) -> list[float]:
    """What is read before and after each forward, of these readings between them."""
    pairs = pairwise(readings)
    return [end for pair in pairs for end in pair]


def in_turns(size: int, round_: int, wall_ns: list[int], **more: object) -> Sample:
    """A sample with a forward in each turn."""
    given = {"reference_ns": FAST * len(wall_ns), "turns": len(wall_ns), **more}
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


@pytest.mark.parametrize(
    ("changes", "rounds", "told_apart"), [(3, 11, False), (3, 12, True), (2, 4, True)]
)
def test_states_shorter_than_a_sample_are_not_told_apart(
    changes: int, rounds: int, told_apart: bool
) -> None:
    """All sizes of a round are measured between the same two readings."""
    ends = [(NEAR, FAR)] * changes + [(NEAR, NEAR), (FAR, FAR)] * rounds
    held = [
        timed(size, number, [10], latency=latency)
        for number, latency in enumerate(ends[:rounds])
        for size in (1, 2)
    ]
    states = [*dict.fromkeys(samples_table(points(*held))["state"])]
    assert states == ([MIXED, "near", "far"] if told_apart else [""])


def test_recorded_forwards_are_looked_at_alike() -> None:
    given = {"recorded_reference_ns": FAST * 3, "turns": 3}
    one = recorded(1, 0, [10, 11, 90], recorded_latency_ns=around(NEAR, NEAR, NEAR, FAR), **given)
    found = conditions_of([one])
    assert found.recorded(one).clean == [True, True, False]
    assert found.state_of(one) == "near"


def test_what_slows_a_turn_is_divided_out_of_all_sizes() -> None:
    """The second of three turns is twice as slow for both sizes, the third for one of them."""
    one = in_turns(1, 0, [10, 20, 10])
    two = in_turns(2, 0, [30, 60, 90])
    found = conditions_of([one, two])
    # The median turns take 10 and 60: in logs the turns are off by 0, 1, 0 and -1, 0, 0.58 of log 2.
    off = [(0 - 1) / 2, (1 + 0) / 2, (0 + math.log2(1.5)) / 2]
    expected = [2 ** (value - off[2]) for value in off]
    assert found.timed(one).slowness == pytest.approx(expected)
    assert found.timed(two).slowness == pytest.approx(expected)
    times = [wall / slow for wall, slow in zip((10, 20, 10), expected, strict=True)]
    assert samples_table(points(one, two))["wall_ns"][0] == pytest.approx(sorted(times)[1])


def test_turns_that_slow_all_sizes_alike_leave_the_time_of_the_usual_one() -> None:
    one, two = in_turns(1, 0, [10, 10, 30, 10, 20]), in_turns(2, 0, [40, 40, 120, 40, 80])
    found = conditions_of([one, two])
    assert found.timed(two).slowness == pytest.approx([1, 1, 3, 1, 2])
    assert samples_table(points(one, two))["wall_ns"].tolist() == pytest.approx([10, 40])


def test_several_forwards_of_a_turn_share_its_slowness() -> None:
    one = timed(1, 0, [10, 10, 20, 20, 10, 10], turns=3)
    two = in_turns(2, 0, [40, 80, 40])
    assert conditions_of([one, two]).timed(one).slowness == pytest.approx([1, 1, 2, 2, 1, 1])


@pytest.mark.parametrize(
    "others",
    [
        [],
        [timed(2, 0, [40, 80, 40])],
        [in_turns(2, 0, [40, 80])],
        [timed(2, 0, [40, 80, 40, 40], turns=3)],
        [in_turns(2, 0, [0, 80, 40])],
        [in_turns(2, 0, [40, 80, 40], status="interrupted")],
        [in_turns(2, 0, [40, 80, 40], machine={"foreign_share": 0.02})],  # not together: resumed
    ],
)
def test_without_others_of_as_many_turns_nothing_is_divided_out(others: list[Sample]) -> None:
    one = in_turns(1, 0, [10, 20, 10])
    assert conditions_of([one, *others]).timed(one).slowness == [1.0] * 3


@pytest.mark.parametrize(
    "odd",
    [
        in_turns(1, 0, [], turns=3),
        in_turns(1, 0, [10, 20, 10], turns=-3),
        in_turns(1, 0, [10, 20, 10], turns=10**9),
        in_turns(1, 0, [10, 20, 10], latency_ns=[-1.0, math.inf, 0.0, math.nan, 5.0, 5.0]),
        in_turns(1, 0, [10, 20, 10], latency_ns=[1.0]),
        in_turns(1, 0, [10, 20, 10], recorded_wall_ns=[7, 8], time_ns=[7, 8]),
    ],
)
def test_numbers_of_a_stranger_are_numbers(odd: Sample) -> None:
    """Whatever a point's file says, its samples are a table."""
    table = samples_table(points(odd, in_turns(2, 0, [40, 80, 40])))
    assert table["size"].tolist() == [1, 2]


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_a_machine_that_is_slower_for_all_is_slower_for_all(factor: float) -> None:
    """Scaling every time scales every number, and no slowness."""
    walls = ([12, 17, 11, 19], [31, 52, 30, 55])
    plain = [in_turns(size, 0, wall) for size, wall in zip((1, 2), walls, strict=True)]
    scaled = [
        in_turns(size, 0, [factor * time for time in wall])  # type: ignore[misc]
        for size, wall in zip((1, 2), walls, strict=True)
    ]
    one, other = conditions_of(plain), conditions_of(scaled)
    assert one.timed(plain[0]).slowness == pytest.approx(other.timed(scaled[0]).slowness)
    before, after = samples_table(points(*plain)), samples_table(points(*scaled))
    assert after["wall_ns"].tolist() == pytest.approx((factor * before["wall_ns"]).tolist())


def test_recorded_layers_keep_their_times_beside_the_slowness() -> None:
    one = recorded(1, 0, [10, 20, 10], turns=3)
    two = recorded(2, 0, [40, 80, 40], turns=3)
    found = conditions_of([one, two])
    assert found.recorded(one).slowness == pytest.approx([1, 2, 1])
    table = samples_table(points(one, two))
    assert table["time_ns"].tolist() == pytest.approx([10, 40])


def test_slow_reference_work_drops_nothing_of_a_round_in_turns() -> None:
    usual = [in_turns(size, number, [10, 11, 12]) for number in range(3) for size in (1, 2)]
    slow = [in_turns(size, 3, [19, 20, 21], reference_ns=SLOW * 3) for size in (1, 2)]
    table = samples_table(points(*usual, *slow))
    assert table["clean"].all()
    assert table.set_index("round")["speed"][3].tolist() == [pytest.approx(5 / 9)] * 2


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
