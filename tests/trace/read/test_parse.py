"""What a parsed trace may hold: times that fit into 64 bits, metadata as samprof writes it."""

import json
from pathlib import Path
from typing import Any

import pytest

from samprof.trace import Trace, load_trace

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


def test_times_that_do_not_add_up_in_64_bits_are_passed_over_and_noted(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, (0, 90 * YEAR_US), (5, 3), (5, 90 * YEAR_US), (60 * YEAR_US, 1))
    assert trace.events.dur.tolist() == [3_000]
    assert trace.notes == (
        "1 event 36 years and more from the others",
        "2 events too long to add up with the others",
    )


@pytest.mark.parametrize("recorded", [5, {"modules": 3}, {"modules": {"net": "Net"}}, None])
def test_recorded_names_that_are_damaged_are_skipped(tmp_path: Path, recorded: Any) -> None:
    trace = trace_of(tmp_path, (0, 1), samprof=recorded)
    assert trace.notes == ("the metadata that samprof recorded is damaged and was skipped",)
    assert trace.recorded == {}
    assert trace.layers()["path"].tolist() == ["a", "(outside)"]
