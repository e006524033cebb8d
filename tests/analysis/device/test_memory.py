"""The line of memory against the size, and what is said of it."""

import pytest

from samprof.analysis.device.memory import MemoryLine, memory_sentence
from samprof.analysis.scaling.axis import BATCH_SIZE


@pytest.mark.parametrize(
    ("peaks", "fixed", "per_unit"),
    [
        ({1: 175, 2: 230, 4: 340}, 120, 55),
        ({2: 100, 4: 100}, 0, 25),  # they do not tell a slope
        ({4: 100}, 0, 25),
        ({1: 100, 2: 200, 3: 340, 4: 400, 5: 500}, 0, 100),  # one peak out of line does not move it
        ({1: 10, 2: 40}, 0, 15),  # the line would start below zero: the median of 10 and 20
    ],
)
def test_the_line_is_the_median_slope(
    peaks: dict[float, int], fixed: float, per_unit: float
) -> None:
    assert MemoryLine.through(peaks) == MemoryLine(fixed, per_unit)


def test_memory_is_said_in_one_sentence() -> None:
    mib = 2**20
    assert memory_sentence({1: 3 * mib, 2: 4 * mib}, BATCH_SIZE) == (
        "Memory grows by 1.00 MiB per image, from a fixed 2.00 MiB."
    )
    assert memory_sentence({1: mib, 2: mib}, BATCH_SIZE) == (
        "Memory is 1.00 MiB whatever the batch size."
    )
    assert memory_sentence({1: mib}, BATCH_SIZE) == ""
