"""What casts doubt on a verdict; the size to run is tested with the limits."""

import pandas as pd
import pytest

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.verdict.advice import no_size_ran
from samprof.analysis.verdict.verdict import verdict
from tests.analysis.scaling.test_scaling import layers, points, wall
from tests.analysis.verdict.test_verdict import HELPS, found


def test_processes_that_differ_widely_are_doubted() -> None:
    # Quartiles of 300, 300, 390, 400: 300 and 392.5; median 345.
    table = wall({1: [200] * 4, 2: [300, 300, 390, 400], 4: [500] * 4})
    assert "the processes at batch 2 differ by 27% among themselves" in str(found(table))
    one = verdict(points(sizes=(1,)), wall({1: [200] * 4}), layers(sizes=(1,)))
    assert one.sentences == ("One batch size only (1: 5000000 images/s): nothing to compare.",)


@pytest.mark.parametrize(
    ("size", "overhead", "words"),
    [
        (1, 0.5, "at batch 1 forwards took 2.00x as long without the profiler as with it"),
        (2, 1.5, "at batch 2 forwards took 1.50x as long with the profiler"),
    ],
)
def test_a_profiler_that_changes_the_forward_raises_a_doubt(
    size: int, overhead: float, words: str
) -> None:
    table = points()
    table.loc[table["size"] == size, "profiler_overhead"] = overhead
    assert words in str(verdict(table, HELPS, layers()))


def test_smaller_sizes_are_advised_only_where_memory_ran_out() -> None:
    rows = [(4, "failed", "RuntimeError: no kernel image\n  at line 3"), (8, "failed", "")]
    failed = pd.DataFrame(rows, columns=["size", "status", "message"])
    cause, remedy = no_size_ran(failed, BATCH_SIZE)
    assert cause == "no size ran to its end: RuntimeError: no kernel image"
    assert remedy == "look at the messages of `samprof scaling`"
    cause, remedy = no_size_ran(failed.assign(status=["failed", "oom"]), BATCH_SIZE)
    assert cause == "no size ran to its end: batch 8 did not fit in memory"
    assert remedy == "sweep smaller ones"
