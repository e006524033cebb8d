"""What a verdict says of its samples: many that do not count, and other states of the machine."""

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.run.tables.samples import samples_table
from samprof.sweeps.run.tables.selection import select
from samprof.sweeps.run.tables.verdict_notes import sample_remarks
from tests.support.samples import points, timed

NEAR, FAR = (25.0, 31.0), (160.0, 171.0)


def said(*samples: Sample) -> tuple[str, ...]:
    return sample_remarks(select(samples_table(points(*samples))), BATCH_SIZE)


def rounds(first: int, count: int, one_ns: int, two_ns: int, **more: object) -> list[Sample]:
    numbers = range(first, first + count)
    return [
        one
        for n in numbers
        for one in (timed(1, n, [one_ns], **more), timed(2, n, [two_ns], **more))
    ]


def test_a_quiet_machine_of_one_state_needs_no_remark() -> None:
    assert said(*rounds(0, 4, 100, 200)) == ()


def test_many_samples_that_do_not_count_are_told() -> None:
    loads = [{"foreign_share": share} for share in (0.5, 0.6, 0.7)]
    busy = [one for n, load in enumerate(loads) for one in rounds(4 + n, 1, 9, 9, machine=load)]
    mixed = rounds(9, 1, 100, 200, latency=(25.0, 160.0))
    assert said(*rounds(0, 4, 100, 200), *busy, *mixed) == (
        "8 of 16 samples do not count, most because foreign processes used 0.60 of the CPU.",
    )


def test_few_of_them_are_not() -> None:
    busy = timed(1, 9, [9], machine={"foreign_share": 0.5})
    assert said(*rounds(0, 6, 100, 200), busy) == ()


def test_the_answer_itself_says_so_where_nothing_is_clean() -> None:
    assert said(*rounds(0, 4, 100, 200, machine={"foreign_share": 0.5})) == ()


def test_that_states_are_shorter_than_samples_is_told() -> None:
    moved = [one for n in range(4) for one in rounds(n, 1, 100, 200, latency=(25.0, 160.0))]
    assert said(*moved) == (
        "The host moved the cores within samples (25 to 160 ns apart): all states count together.",
    )


def test_another_state_has_an_answer_of_its_own() -> None:
    (remark,) = said(*rounds(0, 4, 100, 200, latency=NEAR), *rounds(4, 3, 150, 200, latency=FAR))
    assert remark == (
        "With the cores far (166 ns apart instead of 28 ns) batch 2 runs at 1.50x the throughput of "
        "batch 1 (95% CI 1.50-1.50, 3 rounds)."
    )


def in_turns(first: int, count: int, reference_ns: float) -> list[Sample]:
    """Rounds of two turns with reference work that takes so long."""
    return [
        timed(size, n, [100 * size] * 2, turns=2, reference_ns=[reference_ns] * 4)
        for n in range(first, first + count)
        for size in (1, 2)
    ]


def test_many_rounds_of_slow_cpus_are_told() -> None:
    assert said(*in_turns(0, 3, 500.0), *in_turns(3, 1, 625.0)) == (
        "In 1 of 4 rounds the CPUs ran at 0.80 of the speed that they reach at times, for all sizes "
        "alike.",
    )


def test_few_of_them_or_hardly_slower_ones_are_not() -> None:
    assert said(*in_turns(0, 4, 500.0), *in_turns(4, 1, 625.0)) == ()
    assert said(*in_turns(0, 3, 500.0), *in_turns(3, 1, 550.0)) == ()
