"""Numbers at the edge of 64 bits, and metadata that is not what samprof writes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samprof.errors import TraceError
from samprof.trace import Trace, load_trace
from samprof.trace.layers import union_by_group
from tests.support.tracefile import TraceFile

YEAR_US = 365 * 24 * 3600 * 10**6


def trace_of(folder: Path, *times: tuple[int, int], **metadata: Any) -> Trace:
    """Ops at these starts with these durations, in whole microseconds."""
    events = [
        {"ph": "X", "cat": "cpu_op", "name": "a", "pid": 1, "tid": 1, "ts": ts, "dur": dur}
        for ts, dur in times
    ]
    path = folder / "trace.json"
    path.write_text(json.dumps({"traceEvents": events, **metadata}))
    return load_trace(path)


def test_a_century_is_read(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, (0, 1), (100 * YEAR_US, 3))
    assert trace.layers()["cpu_total_ns"].tolist() == [4_000, 0]


@pytest.mark.parametrize(
    "times", [((0, 90 * YEAR_US), (5, 90 * YEAR_US)), ((-90 * YEAR_US, 1), (90 * YEAR_US, 1))]
)
def test_times_that_do_not_add_up_in_64_bits_are_refused(
    tmp_path: Path, times: tuple[tuple[int, int], ...]
) -> None:
    with pytest.raises(TraceError, match="durations of 146 years and more, or times as far apart"):
        trace_of(tmp_path, *times)


def test_groups_whose_times_are_years_apart_are_added_group_by_group() -> None:
    # Ten groups, each with [0, 2) and [1, 2**60): moved behind one another they pass 64 bits.
    group = np.repeat(np.arange(10), 2)
    start = np.tile(np.array([0, 1]), 10)
    end = np.tile(np.array([2, 2**60]), 10)
    assert union_by_group(group, start, end, 10).tolist() == [2**60] * 10


def test_a_step_with_a_number_beyond_all_numbers_is_no_step(tmp_path: Path) -> None:
    file = TraceFile()
    file.annotation("ProfilerStep#" + 30 * "9", 0, 10)
    file.step(7, 20, 10)
    assert load_trace(file.write(tmp_path / "trace.json")).steps() == [(7, 20, 30)]


@pytest.mark.parametrize("recorded", [5, {"modules": 3}, {"modules": {"net": "Net"}}, None])
def test_recorded_names_that_are_damaged_are_passed_over(tmp_path: Path, recorded: Any) -> None:
    trace = trace_of(tmp_path, (0, 1), samprof=recorded)
    assert trace.notes == ("what samprof recorded is damaged and was passed over",)
    assert trace.recorded == {}
    assert trace.layers()["path"].tolist() == ["a", "(outside)"]
