"""Which samples count: clean ones of the machine's main state; where they are too few, why."""

from samprof.sweeps.run.tables.samples import samples_table
from samprof.sweeps.run.tables.selection import other_states, select
from tests.support.samples import points, recorded, sample, timed

BUSY = {"foreign_share": 0.70}
NEAR, FAR = (25.0, 31.0), (160.0, 171.0)


def test_no_samples_give_no_answer() -> None:
    found = select(samples_table([]))
    assert (found.state, found.timed, found.undecided) == ("", frozenset(), "")


def test_contaminated_samples_do_not_count() -> None:
    table = samples_table(
        points(
            *(timed(size, number, [size]) for number in range(2) for size in (1, 2)),
            timed(1, 2, [9], machine=BUSY),
            timed(2, 2, [9]),
        )
    )
    found = select(table)
    assert table.loc[table["process"].isin(found.timed), "wall_ns"].tolist() == [1, 1, 2, 2, 9]
    assert (found.undecided, found.dropped) == ("", 1)


def test_without_any_clean_sample_of_a_size_nothing_is_decided() -> None:
    busy = [timed(size, number, [5], machine=BUSY) for number in (0, 1) for size in (1, 2)]
    found = select(samples_table(points(*busy)))
    assert found.undecided == "foreign processes used 0.70 of the CPU"
    assert len(found.timed) == 4  # shown all the same
    assert found.dropped == 4


def test_states_are_never_pooled() -> None:
    rounds = [NEAR, NEAR, FAR, (25.0, 160.0)]
    table = samples_table(
        points(
            *(
                timed(size, number, [1], latency=latency)
                for number, latency in enumerate(rounds)
                for size in (1, 8)
            )
        )
    )
    assert table["state"].tolist() == ["near", "near", "far", "mixed"] * 2
    found = select(table)
    assert found.state == "near"
    assert set(table.loc[table["process"].isin(found.timed), "round"]) == {0, 1}
    assert other_states(found) == ["far"]


def test_layers_come_from_recordings_of_the_main_state() -> None:
    table = samples_table(
        points(
            *(timed(1, number, [1], latency=NEAR) for number in range(3)),
            recorded(1, 3, [1], latency=FAR),
            recorded(1, 4, [1], latency=NEAR),
        )
    )
    found = select(table)
    assert table.loc[table["process"].isin(found.recorded), "round"].tolist() == [4]


def test_recordings_of_another_state_are_better_than_none() -> None:
    table = samples_table(points(timed(1, 0, [1], latency=NEAR), recorded(1, 1, [1], latency=FAR)))
    assert len(select(table).recorded) == 1


def test_samples_that_failed_do_not_count() -> None:
    table = samples_table(points(timed(1, 0, [1]), sample(8, 0, status="oom")))
    found = select(table)
    assert table.loc[table["process"].isin(found.timed), "size"].tolist() == [1]
    assert found.undecided == ""


def test_a_single_clean_process_of_a_size_tells_no_spread() -> None:
    rounds = [timed(size, number, [5]) for number in (0, 1) for size in (1, 2)]
    rounds[-1] = timed(2, 1, [9], machine=BUSY)
    table = samples_table(points(*rounds))
    found = select(table)
    assert found.undecided == "foreign processes used 0.70 of the CPU"
    assert table.loc[table["process"].isin(found.timed), "wall_ns"].tolist() == [5, 5, 5]


def test_a_single_round_that_was_asked_for_is_what_it_is() -> None:
    assert select(samples_table(points(timed(1, 0, [5]), timed(2, 0, [5])))).undecided == ""


def test_layers_of_contaminated_recordings_only_prove_nothing() -> None:
    rounds = [timed(size, number, [5]) for number in (0, 1) for size in (1, 2)]
    layers = [recorded(size, 2 + n, [5], machine=BUSY) for n in (0, 1) for size in (1, 2)]
    found = select(samples_table(points(*rounds, *layers)))
    assert (found.undecided, len(found.recorded)) == ("", 4)
    assert found.layers_undecided == "foreign processes used 0.70 of the CPU"


def test_one_round_in_each_state_is_too_few() -> None:
    table = samples_table(
        points(
            *(timed(size, 0, [1], latency=NEAR) for size in (1, 8)),
            *(timed(size, 1, [1], latency=FAR) for size in (1, 8)),
        )
    )
    assert select(table).undecided == "no state of the machine was seen in enough rounds"
