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


def test_activities_that_overlap_are_one_time_for_all_around_them(tmp_path: Path) -> None:
    # On two streams a runs [1000, 1040), b [1020, 1060), a again [1050, 1080); c alone [2000, 2007).
    # a: 40 + 30; b: 40; net holds all of it: 80 + 7.
    file = TraceFile()
    file.range("net", 0, 100)
    for start, name in ((10, "net.a"), (20, "net.b"), (30, "net.a"), (40, "net.c")):
        file.range(name, start, 8)
    kernels = [(1000, 40, 7), (1020, 40, 8), (1050, 30, 7), (2000, 7, 7)]
    for correlation, (ts, dur, stream) in enumerate(kernels, start=1):
        file.launch(correlation, 10 * correlation + 1)
        file.kernel(correlation, ts, dur, stream=stream)
    rows = layer_rows(opened(file, tmp_path), "samprof")
    busy = {path: values(rows[path], "device_busy_ns") for path in rows}
    assert [busy[path] for path in ("net", "net.a", "net.b", "net.c")] == [
        (87,),
        (70,),
        (40,),
        (7,),
    ]


def test_busy_time_of_a_range_inside_itself_is_counted_once(tmp_path: Path) -> None:
    # r calls itself; its two kernels overlap: [1000, 1010) and [1005, 1015).
    file = TraceFile()
    file.range("r", 0, 100)
    file.range("r", 20, 50)
    for correlation, (launch, ts) in enumerate([(10, 1000), (30, 1005)], start=1):
        file.launch(correlation, launch)
        file.kernel(correlation, ts, 10, stream=correlation)
    row = layer_rows(opened(file, tmp_path), "samprof")["r"]
    assert values(row, "calls", "device_total_ns", "device_busy_ns") == (2, 20, 15)
