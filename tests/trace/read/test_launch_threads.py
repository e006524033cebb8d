"""Launches of threads that the profiler did not record find the ranges of their thread."""

from pathlib import Path

from tests.support.tables import kernel_rows, opened
from tests.support.tracefile import TraceFile

# As Kineto writes it: abs(int32(pthread id)) on the launch, native ids on the ranges.
WRITTEN, NATIVE, LATER = 305419896, 24922, 24950


def two_threads(*pairs: tuple[int, int]) -> TraceFile:
    """A thread from 0 to 100 and one from 200 to 300, both with the same pthread id."""
    file = TraceFile()
    file.metadata["samprof"] = {"roots": ["net"], "launch_threads": [list(pair) for pair in pairs]}
    file.range("net", 0, 100, thread=NATIVE, cat="user_annotation")
    file.range("net.late", 200, 100, thread=LATER, cat="user_annotation")
    for number, at in enumerate((50, 150, 250)):
        file.launch(number, at, thread=WRITTEN)
        file.kernel(number, 1_000 + at, 10)
    return file


def owners(file: TraceFile, tmp_path: Path) -> list[str]:
    return [row["owner"] for row in kernel_rows(opened(file, tmp_path), "samprof")]


def test_a_launch_belongs_to_the_range_of_its_thread(tmp_path: Path) -> None:
    assert owners(two_threads((WRITTEN, NATIVE)), tmp_path) == ["net", "(outside)", "(outside)"]


def test_threads_that_had_one_id_after_the_other_are_told_apart_by_time(tmp_path: Path) -> None:
    file = two_threads((WRITTEN, LATER), (WRITTEN, NATIVE))
    assert owners(file, tmp_path) == ["net", "(outside)", "net.late"]


def test_ids_that_are_not_in_the_file_change_nothing(tmp_path: Path) -> None:
    file = two_threads((WRITTEN + 1, NATIVE), (WRITTEN, NATIVE + 1))
    assert owners(file, tmp_path) == ["(outside)"] * 3


def test_only_launches_move(tmp_path: Path) -> None:
    # By chance a recorded thread has that number as its native id: its ranges stay where they are.
    file = two_threads((WRITTEN, NATIVE))
    file.range("net.chance", 40, 20, thread=WRITTEN)
    trace = opened(file, tmp_path)
    assert [row["owner"] for row in kernel_rows(trace, "samprof")] == [
        "net",
        "(outside)",
        "(outside)",
    ]
    assert trace.layers("samprof").set_index("path").loc["net.chance", "calls"] == 1
