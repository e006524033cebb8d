"""Device time inside each range: kernels, totals and busy time."""

from pathlib import Path

from tests.support.tables import CPU, DEVICE, layer_rows, opened, values, with_kernels
from tests.support.tracefile import TraceFile


def test_busy_time_is_the_union_and_never_the_sum(tmp_path: Path) -> None:
    # Device 0: [1000, 1010) and [1005, 1015) are 15 ns together, [1015, 1018) touches: 18.
    # Device 1: [1000, 1010). Sum 10 + 10 + 3 + 10 = 33, busy 18 + 10 = 28.
    file = TraceFile()
    file.range("net", 0, 100)
    for correlation, (ts, dur, stream, device) in enumerate(
        [(1000, 10, 7, 0), (1005, 10, 8, 0), (1015, 3, 7, 0), (1000, 10, 7, 1)], start=1
    ):
        file.launch(correlation, 10 * correlation)
        file.kernel(correlation, ts, dur, stream=stream, device=device)
    row = layer_rows(opened(file, tmp_path), "samprof")["net"]
    assert values(row, "device_total_ns", "device_busy_ns") == (33, 28)


def test_gpu_annotations_are_never_time(tmp_path: Path) -> None:
    # The shadow of the range spans the idle gap between two kernels of 3 and 5 ns.
    file = TraceFile()
    file.range("net", 0, 100, cat="user_annotation")
    file.gpu_annotation("samprof:net", 10_000, 500)
    file.gpu_annotation("ProfilerStep#1", 10_000, 900)
    trace = opened(with_kernels(file, [(10, 3), (20, 5)]), tmp_path)
    rows = layer_rows(trace, "samprof")
    assert values(rows["net"], *DEVICE, *CPU) == (1, 2, 8, 8, 100, 100)
    assert set(rows) == {"net", "(outside)", "(no launch)"}
    assert trace.check().total_ns == 8
