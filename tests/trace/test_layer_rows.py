"""The rows of `Trace.layers`: paths, calls, totals, busy and CPU time of hand-made traces."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.reference_events import By
from tests.support.tables import (
    assert_adds_up,
    assert_children_add_up,
    kernel_rows,
    layer_rows,
    opened,
)
from tests.support.tracefile import TraceFile

KernelTimes = list[tuple[int, int]]


def with_kernels(file: TraceFile, launches: KernelTimes) -> TraceFile:
    """Adds for each (launch time, duration) a launch on thread 1 and its kernel, one by one."""
    ts = 10_000
    for correlation, (launched, dur) in enumerate(launches, start=1):
        file.launch(correlation, launched)
        file.kernel(correlation, ts, dur)
        ts += dur
    return file


def values(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


DEVICE = ("calls", "kernels", "device_self_ns", "device_total_ns")
CPU = ("cpu_self_ns", "cpu_total_ns")


def test_totals_hold_what_is_inside(tmp_path: Path) -> None:
    # net [0, 100) holds net.a [10, 40) and net.b [50, 90), which holds net.b.c [60, 70).
    # CPU self: net 100 - 30 - 40, net.b 40 - 10.
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.a", 10, 30)
    file.range("net.b", 50, 40)
    file.range("net.b.c", 60, 10)
    with_kernels(file, [(5, 1), (20, 2), (55, 4), (65, 8), (95, 16)])
    trace = opened(file, tmp_path)
    rows = layer_rows(trace, "samprof")
    assert values(rows["net"], *DEVICE) == (1, 5, 17, 31)
    assert values(rows["net.a"], *DEVICE) == (1, 1, 2, 2)
    assert values(rows["net.b"], *DEVICE) == (1, 2, 4, 12)
    assert values(rows["net.b.c"], *DEVICE) == (1, 1, 8, 8)
    assert values(rows["net"], *CPU) == (30, 100)
    assert values(rows["net.a"], *CPU) == (30, 30)
    assert values(rows["net.b"], *CPU) == (30, 40)
    assert values(rows["net.b.c"], *CPU) == (10, 10)
    assert trace.check().ok
    assert_adds_up(trace, "samprof")


def test_rows_are_ordered_as_first_entered(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net.a", 60, 10)
    file.range("net.b.c", 20, 10)
    file.range("net.b", 20, 30)
    file.range("net", 0, 100)
    layers = opened(file, tmp_path).layers().head(4)
    assert list(layers["path"]) == ["net", "net.b", "net.b.c", "net.a"]
    assert list(layers["depth"] - layers["depth"][0]) == [0, 1, 2, 1]


def test_module_called_twice_is_one_row(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.a", 10, 10)
    file.range("net.a", 30, 20)
    trace = opened(with_kernels(file, [(15, 3), (35, 5)]), tmp_path)
    row = layer_rows(trace, "samprof")["net.a"]
    assert values(row, *DEVICE) == (2, 2, 8, 8)
    assert values(row, *CPU) == (30, 30)


def test_module_called_on_two_threads_is_one_row(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100, thread=1)
    file.range("net", 50, 100, thread=2)
    row = layer_rows(opened(file, tmp_path), "samprof")["net"]
    assert values(row, "calls", *CPU) == (2, 200, 200)


def test_direct_recursion_is_counted_once(tmp_path: Path) -> None:
    # net [0, 100) calls itself [20, 80).
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net", 20, 60)
    trace = opened(with_kernels(file, [(10, 5), (30, 7)]), tmp_path)
    row = layer_rows(trace, "samprof")["net"]
    assert values(row, *DEVICE) == (2, 2, 12, 12)
    assert values(row, *CPU) == (100, 100)
    assert_adds_up(trace, "samprof")


def test_recursion_through_another_range_is_counted_once(tmp_path: Path) -> None:
    # net [0, 100) > net.a [10, 90) > net [20, 80); kernels 2 in the outer net, 3 in net.a, 7 in
    # the inner net. CPU: net 10 + 10 + 60, net.a 10 + 10.
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.a", 10, 80)
    file.range("net", 20, 60)
    trace = opened(with_kernels(file, [(5, 2), (15, 3), (30, 7)]), tmp_path)
    rows = layer_rows(trace, "samprof")
    assert values(rows["net"], *DEVICE) == (2, 3, 9, 12)
    assert values(rows["net.a"], *DEVICE) == (1, 2, 3, 10)
    assert values(rows["net"], *CPU) == (80, 100)
    assert values(rows["net.a"], *CPU) == (20, 80)


@pytest.mark.parametrize(
    ("around", "name", "path"),
    [
        (["net.attn"], "scores()", "net.attn.scores()"),
        (["net.attn", "scores()"], "softmax()", "net.attn.scores().softmax()"),
        (["net.attn", "scores()"], "scores()", "net.attn.scores().scores()"),
        (["net.attn"], "net.attn.scores()", "net.attn.scores()"),
        (["net"], "network()", "net.network()"),
        (["net"], "net()", "net.net()"),
        (["net"], "other", "other"),
        ([], "scores()", "scores()"),
    ],
)
def test_functions_are_named_after_the_range_around_them(
    tmp_path: Path, around: list[str], name: str, path: str
) -> None:
    file = TraceFile()
    for level, outer in enumerate(around):
        file.range(outer, level, 100 - 2 * level)
    file.range(name, 10, 20)
    trace = opened(with_kernels(file, [(15, 3)]), tmp_path)
    (kernel,) = kernel_rows(trace, "samprof")
    assert kernel["owner"] == path
    assert layer_rows(trace, "samprof")[path]["device_self_ns"] == 3


def test_one_function_in_two_modules_is_two_rows(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net.a", 0, 50)
    file.range("scores()", 10, 20)
    file.range("net.b", 50, 50)
    file.range("scores()", 60, 20)
    rows = layer_rows(opened(with_kernels(file, [(15, 3), (65, 5)]), tmp_path), "samprof")
    assert rows["net.a.scores()"]["device_self_ns"] == 3
    assert rows["net.b.scores()"]["device_self_ns"] == 5


@pytest.mark.parametrize("kind", ["annotation", "module", "op"])
def test_other_paths_are_the_names_from_the_outermost_in(tmp_path: Path, kind: By) -> None:
    # A [0, 100) > B [10, 60) > A [20, 30), then B alone [110, 120).
    file = TraceFile()
    for name, ts, dur in (("A", 0, 100), ("B", 10, 50), ("A", 20, 10), ("B", 110, 10)):
        {"annotation": file.annotation, "module": file.module, "op": file.op}[kind](name, ts, dur)
    trace = opened(with_kernels(file, [(5, 1), (15, 2), (25, 4), (115, 8)]), tmp_path)
    rows = layer_rows(trace, kind)
    assert {
        path: values(row, "device_self_ns", "device_total_ns", *CPU) for path, row in rows.items()
    } == {
        "A": (1, 7, 50, 100),
        "A > B": (2, 6, 40, 50),
        "A > B > A": (4, 4, 10, 10),
        "B": (8, 8, 10, 10),
        "(outside)": (0, 0, 0, 0),
        "(no launch)": (0, 0, 0, 0),
    }
    assert_children_add_up(trace, kind)


def test_crossing_ranges_give_time_to_the_later_one(tmp_path: Path) -> None:
    # A [0, 60) and B [40, 100) cross: B started in A, so it is inside A, also after A's end.
    file = TraceFile()
    file.annotation("A", 0, 60)
    file.annotation("B", 40, 60)
    trace = opened(with_kernels(file, [(30, 1), (50, 2), (80, 4)]), tmp_path)
    rows = layer_rows(trace, "annotation")
    assert values(rows["A"], "device_self_ns", "device_total_ns", *CPU) == (1, 7, 40, 100)
    assert values(rows["A > B"], "device_self_ns", "device_total_ns", *CPU) == (6, 6, 60, 60)
    assert_adds_up(trace, "annotation")


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


def test_old_capitals_are_the_same_categories(tmp_path: Path) -> None:
    tables = []
    old = {"cpu_op": "Operator", "kernel": "Kernel", "gpu_memcpy": "Memcpy", "gpu_memset": "Memset"}
    for names in ({name: name for name in old}, old):
        file = TraceFile()
        file.op("aten::copy_", 0, 100, cat=names["cpu_op"])
        for correlation, cat in enumerate(("kernel", "gpu_memcpy", "gpu_memset"), start=1):
            runtime = "Runtime" if names is old else "cuda_runtime"
            file.launch(correlation, 10 * correlation, cat=runtime)
            file.kernel(correlation, 200 + correlation, correlation, cat=names[cat])
        trace = opened(file, tmp_path)
        kinds = trace.kernels(by="op")["kind"].tolist()
        tables.append((kinds, kernel_rows(trace, "op"), layer_rows(trace, "op")))
    assert tables[0] == tables[1]
    # 1 + 2 + 3 ns.
    assert tables[1][2]["aten::copy_"]["device_self_ns"] == 6


def test_relative_function_hangs_below_the_range_that_it_runs_in(tmp_path: Path) -> None:
    # net [0, 100) with softmax() [10, 20); other [200, 300) was not recorded, its softmax() was.
    file = TraceFile()
    file.range("net", 0, 100)
    file.range(".softmax()", 10, 10)
    file.range(".softmax()", 210, 10)
    file.range(".inner()", 212, 2)
    for correlation, ts in ((1, 12), (2, 213)):
        file.launch(correlation, ts)
        file.kernel(correlation, 500 + ts, 7)
    table = opened(file, tmp_path).layers("samprof").set_index("path")
    assert table["calls"].to_dict() == {
        "net": 1,
        "net.softmax()": 1,
        "(outside)": 0,
        "(no launch)": 0,
    }
    assert table["device_self_ns"].tolist() == [0, 7, 7, 0]
