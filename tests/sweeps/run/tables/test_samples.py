"""The table of samples: one number per process, of the forwards that ran at the usual speed."""

import math
from collections.abc import Sequence

from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.tables.conditions import conditions_of
from samprof.sweeps.run.tables.samples import samples_table
from tests.support.samples import points, recorded, timed


def test_a_sample_is_a_row_with_what_its_process_used() -> None:
    usage = {"minor_faults": 800.0, "user_s": 0.3, "system_s": 0.1, "involuntary_switches": 2.0}
    table = samples_table(points(timed(4, 7, [10, 30, 20], usage=usage)))
    row = table.iloc[0]
    assert (row["size"], row["round"], row["process"]) == (4, 7, 0)
    assert (row["timed"], row["recorded"]) == (True, False)
    assert row["wall_ns"] == 20  # the median of its forwards
    assert row["faults_per_unit"] == 200  # 800 in a forward of 4 images
    assert row["system_share"] == 0.25  # 0.1 of 0.4 s
    assert (row["state"], row["clean"], row["why"]) == ("", True, "")


def test_processes_are_counted_through_all_points() -> None:
    table = samples_table(points(timed(1, 0, [5]), timed(2, 0, [9]), timed(1, 1, [5])))
    assert table["process"].tolist() == [0, 1, 2]
    assert table["size"].tolist() == [1, 1, 2]


def test_no_samples_give_an_empty_table() -> None:
    table = samples_table([])
    assert len(table) == 0


USUAL = [500] * 4
SLOWED = [500, 900, 900, 900]


def test_forwards_beside_slow_reference_work_do_not_count() -> None:
    rounds = [timed(1, number, [10, 11, 12], reference_ns=USUAL) for number in range(3)]
    half = timed(1, 3, [10, 12, 30, 31], reference_ns=[500, 510, 505, 900, 500])
    table = samples_table(points(*rounds, half))
    assert table["wall_ns"].tolist() == [11, 11, 11, 11]  # of 10 and 12 the mean
    assert table["clean"].all()
    assert table["speed"].tolist()[:3] == [1.0, 1.0, 1.0]


def test_a_sample_of_a_slowed_cpu_does_not_count() -> None:
    rounds = [timed(1, number, [10, 11, 12], reference_ns=USUAL) for number in range(3)]
    table = samples_table(points(*rounds, timed(1, 3, [19, 20, 21], reference_ns=SLOWED)))
    assert table["clean"].tolist() == [True, True, True, False]
    assert table["why"].iloc[3] == "the CPUs ran at 0.56 of their usual speed"
    assert table["wall_ns"].iloc[3] == 20  # shown all the same


def test_a_sample_whose_cpus_the_hypervisor_took_away_does_not_count() -> None:
    rounds = [timed(1, number, [10, 11, 12], reference_ns=USUAL) for number in range(3)]
    stolen = {"steal_share": 0.45}
    slowed = timed(1, 3, [19, 20, 21], reference_ns=SLOWED, machine=stolen)
    table = samples_table(points(*rounds, slowed, timed(1, 4, [19, 20, 21], machine=stolen)))
    assert table["clean"].tolist() == [True, True, True, False, False]
    assert set(table["why"].iloc[3:]) == {"the hypervisor withheld 0.45 of the CPU (steal)"}


def test_recorded_forwards_are_looked_at_alike() -> None:
    rounds = [timed(1, number, [10], reference_ns=[500, 500]) for number in range(4)]
    good = recorded(1, 4, [10, 30, 12], recorded_reference_ns=[500, 500, 900, 500, 500][:4])
    slow = recorded(1, 5, [10, 30, 32], recorded_reference_ns=SLOWED)
    table = samples_table(points(*rounds, good, slow))
    assert table["clean"].tolist() == [True] * 4 + [False, False]
    good = recorded(1, 4, [10, 30, 12, 14], recorded_reference_ns=[500, 500, 900, 500, 500])
    row = samples_table(points(*rounds, good)).iloc[4]
    assert (row["clean"], row["time_ns"], row["recorded_wall_ns"]) == (True, 12, 12)
    assert conditions_of([*rounds, good]).recorded(good).clean == [True, False, False, True]


NOT_PROBED = {"foreign_share": math.nan}


def five_rounds(last: tuple[int, int], **machine: float) -> Sequence[Point]:
    """Two sizes in five rounds, the last of which took this long."""
    rounds = [(number, (10, 20)) for number in range(4)] + [(4, last)]
    return points(
        *(
            timed(size, number, [time], machine=machine)
            for number, times in rounds
            for size, time in zip((1, 2), times, strict=True)
        )
    )


def test_a_round_that_is_slow_as_a_whole_does_not_count() -> None:
    slow = five_rounds((14, 30))  # 1.4 and 1.5 times as long
    table = samples_table(slow).set_index(["round", "size"])
    assert table["clean"].sum() == 8
    assert table.loc[4, "why"].tolist() == ["the whole round took 1.45x as long as usual"] * 2


def test_a_single_slow_process_is_how_processes_differ() -> None:
    assert samples_table(five_rounds((10, 25)))["clean"].all()


def test_where_the_machine_is_not_probed_slow_rounds_count() -> None:
    assert samples_table(five_rounds((14, 30), **NOT_PROBED))["clean"].all()
