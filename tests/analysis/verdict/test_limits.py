"""The verdict where a batch may take so much memory and so much time at most."""

import pytest

from samprof.analysis.verdict.limits import Limits, choose
from samprof.analysis.verdict.verdict import Verdict, verdict
from samprof.sam.axes import AXES
from tests.analysis.scaling.test_scaling import layers, points, wall

MIB = 2**20
# 5.0, 6.67, 8.0 images a microsecond with 1, 2, 4 MiB.
WALL = wall({1: [200_000] * 3, 2: [300_000] * 3, 4: [500_000] * 3})


def found(memory: int | None = None, latency: int | None = None) -> Verdict:
    return verdict(points(), WALL, layers(), limits=Limits(memory, latency))


def test_without_a_limit_nothing_changes() -> None:
    assert found() == verdict(points(), WALL, layers())
    assert "emory grows" not in str(found())
    assert "Run batch 4: 8000 images/s with 4.00 MiB, the smallest within 5% of the best." in str(
        found()
    )


def test_a_limit_that_allows_the_best_changes_only_the_sentence_on_memory() -> None:
    # 1 MiB a batch of 1, 2 of 2, 4 of 4: nothing once.
    limited = found(4 * MIB, 500_000)
    assert limited.best_size == 4
    assert limited.sentences == (*found().sentences, "Memory grows by 1.00 MiB per image.")


def test_the_largest_within_a_limit_of_memory() -> None:
    limited = found(3 * MIB)
    assert (limited.best_size, limited.speedup) == (2, pytest.approx(4 / 3))
    assert limited.units_per_s == pytest.approx(2e9 / 300_000)
    assert (
        "Run batch 2: 6667 images/s with 2.00 MiB, the largest within 3 MiB (batch 4 takes 4.00 MiB)."
    ) in limited.sentences
    # What batching does is said of all that was measured.
    assert "Batching helps: batch 4 runs at 1.60x" in str(limited)


def test_the_largest_under_a_limit_of_time() -> None:
    limited = found(latency=300_000)
    assert limited.best_size == 2
    text = "the largest under 300 us per batch (batch 4 takes 500 us)"
    assert text in str(limited)
    assert found(latency=299_999).best_size == 1


@pytest.mark.parametrize(
    ("memory", "latency", "size", "words"),
    [
        (10 * MIB, 300_000, 2, "the largest under 300 us per batch (batch 4"),
        (2 * MIB, 1_000_000, 2, "the largest within 2 MiB (batch 4"),
        (1 * MIB, 300_000, 1, "the largest within 1 MiB (batch 4"),
        (2 * MIB, 300_000, 2, "the largest within 2 MiB and under 300 us per batch (batch 4"),
    ],
)
def test_the_limit_that_decided_is_named(memory: int, latency: int, size: int, words: str) -> None:
    limited = found(memory, latency)
    assert limited.best_size == size
    assert words in str(limited)


def test_within_a_limit_the_smallest_that_is_nearly_as_fast_is_still_advised() -> None:
    # 1.0, 1.96, 2.0, 4.0 images: within 40 bytes the third is fastest, the second within 5 % of it.
    choice = choose(
        [1.0, 1.96, 2.0, 4.0], [10, 20, 40, 80], [1, 1, 2, 2], Limits(40), AXES["prompts"]
    )
    assert (choice.index, choice.allowed) == (1, True)
    assert choice.why == "the smallest within 5% of the best within 40 B"


@pytest.mark.parametrize(
    ("memory", "latency", "sentence"),
    [
        (1000, None, "No measured batch size is within 1 kB: batch 1 takes 1.00 MiB."),
        (None, 1000, "No measured batch size is under 1 us per batch: batch 1 takes 200 us."),
        (
            MIB,
            1000,
            "No measured batch size is within 1 MiB and under 1 us per batch: "
            "batch 1 takes 1.00 MiB and 200 us.",
        ),
    ],
)
def test_where_nothing_is_within_the_limits_the_smallest_is_named_with_its_cost(
    memory: int | None, latency: int | None, sentence: str
) -> None:
    limited = found(memory, latency)
    assert sentence in limited.sentences
    assert (limited.best_size, limited.speedup) == (1, 1.0)
    assert "Run batch" not in str(limited)


def test_other_axes_have_words_of_their_own() -> None:
    limited = verdict(points(), WALL, layers(), AXES["prompts"], limits=Limits(latency_ns=300_000))
    assert "Run 2 prompts: " in str(limited)
    assert "the largest under 300 us per image (4 prompts takes 500 us)" in str(limited)
    assert limited.sentences[-1] == "Memory grows by 1.00 MiB per prompt."


def test_memory_that_does_not_grow_is_said() -> None:
    table = points()
    table["peak_memory_bytes"] = MIB
    limited = verdict(table, WALL, layers(), limits=Limits(MIB))
    assert limited.sentences[-1] == "Memory is 1.00 MiB whatever the batch size."
    assert "emory grows" not in str(
        verdict(points(sizes=(1,)), wall({1: [200]}), layers(sizes=(1,)), limits=Limits(MIB))
    )
