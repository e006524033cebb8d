"""The rows of one window: host time sums to it, device time to all activity."""

from pathlib import Path

from samprof.trace.tables.component_labels import IDLE, OTHER, WAITS
from samprof.trace.tables.component_rows import NUMBERS, window_rows
from samprof.trace.tables.step_windows import step_windows
from tests.support.pipeline import pipeline
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def rows(file: TraceFile, folder: Path) -> dict[str, dict[str, int]]:
    trace = opened(file, folder)
    ((_, start, end, thread),) = step_windows(trace, "auto")
    return window_rows(trace, "auto", start, end, thread)


def test_every_row_has_every_number_and_host_time_sums_to_the_window(tmp_path: Path) -> None:
    found = rows(pipeline(), tmp_path)
    assert all(set(row) == set(NUMBERS) for row in found.values())
    assert sum(row["host_ns"] for row in found.values()) == 1000
    # The waits of 150 and 100 ns are in their own row, and noted where they happened.
    assert found[WAITS]["host_ns"] == sum(row["wait_ns"] for row in found.values()) == 250


def test_a_call_inside_its_own_component_is_no_second_call(tmp_path: Path) -> None:
    # The neck is part of the encoder: entered once.
    assert rows(pipeline(), tmp_path)["image encoder"]["calls"] == 1


def test_without_a_device_there_is_no_row_for_it(tmp_path: Path) -> None:
    found = rows(pipeline(on_device=False), tmp_path)
    assert set(found) == {"preprocessing", "image encoder", OTHER}


def test_a_range_that_outlasts_the_window_counts_up_to_its_end(tmp_path: Path) -> None:
    file = TraceFile()
    file.step(0, 0, 100)
    file.annotation("load", 40, 200)
    trace = opened(file, tmp_path)
    found = window_rows(trace, "annotation", 0, 100, 0)
    # load covers [40, 100) of the window; the step's annotation around it the first 40.
    assert sum(row["host_ns"] for row in found.values()) == 100
    assert found["ProfilerStep#0 > load"]["host_ns"] == 60
    assert IDLE not in found
