"""The largest batch that fits: the search in known memory, and real models that run out of it."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samprof.analysis.device.memory import MemoryLine, memory_sentence
from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.errors import RunError, UsageError
from samprof.sam.axes import AXES
from samprof.sweeps.measure.engines import ThisProcess
from samprof.sweeps.measure.processes.subprocess_engine import Subprocess
from samprof.sweeps.plan import Plan
from samprof.sweeps.search.largest import Largest, Probe, free_memory, largest_batch, probe
from samprof.sweeps.target import Recipe
from tests.support.paths import ROOT
from tests.support.targets import out_of_memory_at_four

Memory = Callable[[int], int]
SEEN = (1, 2, 4, 8)


def search(
    memory: Memory,
    limit: int,
    seen: tuple[int, ...] = SEEN,
    most: int = 4096,
    out_of_memory_at: int = 10**9,
) -> Largest:
    def measure(size: int) -> Probe:
        if size >= out_of_memory_at:
            return Probe(0, "oom", "killed")
        return Probe(memory(size))

    found = largest_batch(measure, limit, {size: memory(size) for size in seen}, most=most)
    sizes = [size for size, _ in found.tries]
    assert len(set(sizes)) == len(sizes), "a size was tried twice"
    assert not set(sizes) & set(seen), "a size was tried that is measured already"
    assert max(sizes, default=1) <= most
    assert Largest.from_dict(found.as_dict()) == found
    return found


def linear(size: int) -> int:
    return 120 + 55 * size


def test_a_line_is_settled_by_the_prediction_and_its_neighbour() -> None:
    # 120 + 55 * 34 = 1990, one more is 2045.
    found = search(linear, 2000)
    assert found == Largest(34, 1990, 34, 2000, ((34, 1990), (35, 2045)), True, 35)
    # 120 + 55 * 37 = 2155 to the byte.
    assert search(linear, 2155).size == 37
    assert search(linear, 2154).size == 36


def test_a_prediction_that_is_one_too_large_costs_one_more_try() -> None:
    found = search(lambda size: linear(size) + (20 if size > 8 else 0), 2000)
    # 34 takes 2010, 33 takes 1955.
    assert found.predicted == 34
    assert found.tries == ((34, 2010), (33, 1955))
    assert (found.size, found.peak_bytes, found.exact) == (33, 1955, True)


def test_a_step_is_found_by_leaps_and_halving() -> None:
    found = search(lambda size: linear(size) + (400 if size > 20 else 0), 2000)
    # Beyond 20 images 520 + 55 * 26 = 1950.
    assert (found.size, found.exact, found.predicted) == (26, True, 34)
    assert len(found.tries) <= 6
    # A step over the limit at once: the last size before it.
    found = search(lambda size: linear(size) + (10**9 if size > 20 else 0), 2000)
    assert (found.size, found.exact) == (20, True)
    assert len(found.tries) <= 10


def test_large_sizes_are_known_within_five_percent() -> None:
    found = search(linear, 200_000, out_of_memory_at=700)
    assert not found.exact
    assert 700 / 1.06 < found.size < 700
    assert (found.predicted, found.tries[0]) == (3634, (3634, None))
    assert len(found.tries) <= 14


def test_memory_that_bends_is_predicted_anew() -> None:
    # The sizes seen see 50 units a size, further ones 1: no size between is left out for that.
    found = search(lambda size: 50 * min(size, 8) + max(size - 8, 0), 1000, most=900)
    assert abs(found.size - 608) <= 0.05 * 608  # 400 + 608 - 8 = 1000


@pytest.mark.parametrize(("seen", "tries"), [((2,), 3), ((), 5), ((3, 3), 3)])
def test_little_may_be_known(seen: tuple[int, ...], tries: int) -> None:
    found = search(linear, 2000, seen=seen)
    assert (found.size, found.exact) == (34, True)
    assert len(found.tries) <= tries


def test_where_the_answer_was_measured_already_nothing_is_tried() -> None:
    # 4 takes 340 and 5 is between: that one has to be tried; 2 takes 230 and 3 is not seen.
    assert search(linear, 200) == Largest(1, 175, 1, 200, (), True, 2)
    found = search(linear, 340)
    assert (found.size, found.tries, found.exact) == (4, ((5, 395),), True)


def test_a_limit_below_the_smallest_size() -> None:
    # 1 takes 175.
    assert search(linear, 100) == Largest(0, 0, 0, 100, (), True, 1)
    # 4 takes 340; 1 is predicted to take 175, which is more than 1.5 times 100, and is not tried.
    assert search(linear, 100, seen=(4, 8)) == Largest(0, 0, 0, 100, (), False, 4)
    # It is less than 1.5 times 120.
    assert search(linear, 120, seen=(4, 8)).tries == ((1, 175),)
    found = search(linear, 200, seen=(4, 8))
    assert (found.size, found.exact) == (1, True)


def test_no_size_above_the_most_is_tried() -> None:
    found = search(linear, 10**9, most=64)
    assert found == Largest(64, linear(64), 64, 10**9, ((64, linear(64)),), exact=True)


def test_a_failure_that_is_not_for_memory_ends_the_search() -> None:
    def measure(size: int) -> Probe:
        return Probe(0, "failed", "ValueError: bad shape")

    with pytest.raises(RunError, match="size 8: ValueError: bad shape"):
        largest_batch(measure, 900, {1: 200, 2: 300})


@given(
    fixed=st.integers(0, 1000),
    each=st.integers(1, 100),
    step_at=st.integers(1, 300),
    step=st.sampled_from([0, 0, 50, 500, 3000, 10**6]),
    limit=st.integers(50, 60_000),
    noise=st.sampled_from([0.0, 0.01]),
    seen=st.sampled_from([SEEN, (1, 2), (1,), (2, 16), ()]),
)
def test_any_line_with_a_step_and_noise(
    fixed: int,
    each: int,
    step_at: int,
    step: int,
    limit: int,
    noise: float,
    seen: tuple[int, ...],
) -> None:
    def memory(size: int) -> int:
        factor = 1 + random.Random(size).uniform(-noise, noise)
        return max(round((fixed + each * size + (step if size >= step_at else 0)) * factor), 1)

    found = search(memory, limit, seen=seen)
    peaks = dict(found.tries) | {size: memory(size) for size in seen}
    too_large = [size for size in peaks if memory(size) > limit]
    if found.size:
        assert found.peak_bytes == peaks[found.size] == memory(found.size) <= limit
    if found.exact:
        assert found.size == 4096 or found.size + 1 in too_large
    else:
        is_near = bool(too_large) and min(too_large) <= 1.05 * found.size
        line = MemoryLine.through(peaks) if peaks else MemoryLine(0, 1)
        assert is_near or line.at(found.size + 1) > 1.5 * limit
    assert len(found.tries) <= 20
    if not noise and not step:
        assert len(found.tries) <= 5
        # What is tried is at most half too much, by a line that is right.
        line_known = len(seen) > 1
        assert all(memory(size) <= 1.5 * limit for size, _ in found.tries) or not line_known
        best = min((limit - fixed) // each, 4096)
        assert not found.exact or found.size == max(best, 0)


def test_the_sentence() -> None:
    axis, found = BATCH_SIZE, search(linear, 2000)
    assert found.text(axis) == (
        "Largest batch within 2 kB: 34 with 1.99 kB (predicted 34; tried 34, 35)."
    )
    assert search(linear, 200).text(axis, "bf16") == (
        "Largest batch (bf16) within 200 B: 1 with 175 B (predicted 1; none tried, measured before)."
    )
    assert search(linear, 100).text(AXES["prompts"]) == (
        "Largest number of prompts per image within 100 B: none fits (predicted 0; none tried)."
    )
    rough = search(linear, 200_000, out_of_memory_at=700).text(axis)
    assert " (to within 5%: " in rough
    few = Largest(1, 38, 1, 50, (), exact=False)
    assert "within 50 B: 1 (more is predicted far above it) with 38.0 B (" in few.text(axis)


def test_the_line() -> None:
    line = MemoryLine.through({1: 175, 2: 230, 4: 340})
    assert (line.fixed, line.per_unit) == (pytest.approx(120), pytest.approx(55))
    assert MemoryLine.through({2: 100, 4: 100}) == MemoryLine(0, 25)  # they say nothing of a slope
    assert memory_sentence({1: 100, 2: 200}, AXES["prompts"]) == (
        "Memory grows by 100 B per prompt."
    )


# Real memory.


def test_what_runs_out_of_memory_does_not_fit(tmp_path: Path) -> None:
    engine = ThisProcess(out_of_memory_at_four)
    plan = Plan(target={}, sizes=(1, 2))
    measure = probe(engine, plan, tmp_path)
    first = measure(1)
    # Weights 2 * (16 * 16 + 16), inputs 16, and at least one activation of 16, four bytes each.
    assert first.status == "ok"
    assert 4 * (2 * (16 * 16 + 16) + 2 * 16) <= first.peak_bytes < 4 * (2 * (16 * 16 + 16) + 5 * 16)
    found = largest_batch(measure, 10**6, {1: first.peak_bytes}, most=4)
    assert found.tries[0] == (4, None)
    assert (found.size, found.exact) == (3, True)
    assert found.peak_bytes > first.peak_bytes
    assert list(tmp_path.iterdir()) == []


def test_a_try_that_somebody_killed_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    engine = Subprocess(Recipe("tests.support.targets:killed_at_four"))
    measure = probe(engine, Plan(target={}, sizes=(1, 2)), tmp_path)
    with pytest.raises(RunError, match=r"size 4: .*SIGKILL.*; run the same command again"):
        largest_batch(measure, 10**6, {1: 3000}, most=4)
    assert list(tmp_path.iterdir()) == []


def test_free_memory_is_asked_of_cuda_devices_only() -> None:
    with pytest.raises(UsageError, match="free memory of cpu: only a CUDA device"):
        free_memory("cpu")
    with pytest.raises(UsageError, match="the device does not report it; give a limit"):
        free_memory("cuda:99")
