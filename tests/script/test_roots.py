"""Which calls are recorded, and which recorded call stands for all."""

from pathlib import Path

import pytest

from samprof.script.roots import MOST_SIZES, Calls, Recorded, Root, Settings


def recorded_numbers(skip: int, limit: int, seen: int) -> list[int]:
    """The numbers of the calls that are recorded of so many."""
    settings, calls = Settings(skip=skip, calls=limit), Calls(1)
    numbers = []
    for number in range(1, seen + 1):
        if calls.is_due(number, settings):
            calls.begin_recording(number, settings)
            numbers.append(number)
    return numbers


@pytest.mark.parametrize(
    ("skip", "limit", "expected"),
    [
        (1, 2, [1, 2, 3]),  # the first is recorded in case it stays the only one
        (0, 2, [1, 2]),
        (3, 2, [1, 4, 5]),
        (1, 1, [1, 2]),
    ],
)
def test_the_first_call_and_some_after_the_warm_up_are_recorded(
    skip: int, limit: int, expected: list[int]
) -> None:
    assert recorded_numbers(skip, limit, seen=9) == expected


def trace(folder: Path, name: str, wall_ns: int) -> Recorded:
    path = folder / name
    path.write_text("")
    return Recorded(path, wall_ns)


def test_the_warm_up_counts_until_there_is_a_better_call(tmp_path: Path) -> None:
    calls = Calls(1)
    assert calls.median is None
    warm_up, good, raised = (trace(tmp_path, name, 5) for name in "abc")
    calls.keep(warm_up, is_good=False)
    assert calls.median is warm_up
    calls.keep(raised, is_good=False)  # the first one was complete
    assert calls.traces == [warm_up.trace]
    calls.keep(good, is_good=True)
    calls.keep(trace(tmp_path, "d", 1), is_good=False)
    assert calls.traces == [good.trace]
    assert list(tmp_path.iterdir()) == [good.trace]


@pytest.mark.parametrize(
    ("times", "median"), [([3], 3), ([9, 1], 1), ([9, 1, 5], 5), ([4, 3, 2, 1], 2)]
)
def test_the_median_call_is_one_that_was_recorded(
    times: list[int], median: int, tmp_path: Path
) -> None:
    calls = Calls(None)
    for number, wall_ns in enumerate(times):
        calls.keep(trace(tmp_path, str(number), wall_ns), is_good=True)
    assert calls.median is not None
    assert calls.median.wall_ns == median


def test_further_sizes_are_counted_together_and_not_recorded() -> None:
    root = Root("net", "Net", "net", is_recorded=True)
    sizes = [*range(MOST_SIZES, 0, -1), 100, 200, 1]
    for size in sizes:
        root.calls_of(size).seen += 1
    found = root.all_calls()
    assert [calls.size for calls in found] == [*range(1, MOST_SIZES + 1), None]
    assert [calls.seen for calls in found] == [2, *[1] * (MOST_SIZES - 1), 2]
    assert not root.others.is_due(1, Settings())
