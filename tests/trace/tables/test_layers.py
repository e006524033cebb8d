"""The rows of `Trace.layers`: paths, calls, totals, busy and CPU time of hand-made traces."""

from pathlib import Path

import pytest

from tests.support.reference_events import By
from tests.support.tables import (
    CPU,
    DEVICE,
    assert_adds_up,
    assert_children_add_up,
    layer_rows,
    opened,
    values,
    with_kernels,
)
from tests.support.tracefile import TraceFile


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
