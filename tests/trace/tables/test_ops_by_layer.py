"""Ops inside each layer: own times of ops, or kernels where a device was active."""

from pathlib import Path
from typing import Any

from samprof.trace import load_trace
from samprof.trace.tables.ops_by_layer import ops_by_layer
from tests.support.tracefile import TraceFile


def rows(file: TraceFile, folder: Path) -> list[tuple[Any, ...]]:
    trace = load_trace(file.write(folder / "trace.json"))
    return list(ops_by_layer(trace, "auto").itertuples(index=False, name=None))


def test_an_op_counts_without_the_ops_that_it_calls(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.first", 10, 60)
    file.op("aten::linear", 20, 30)
    file.op("aten::addmm", 25, 20)  # inside linear: 30 - 20 are linear's own
    file.op("aten::addmm", 55, 5)
    file.op("aten::relu", 80, 15)
    assert rows(file, tmp_path) == [
        ("net", "aten::relu", 1, 15),
        ("net.first", "aten::addmm", 2, 25),
        ("net.first", "aten::linear", 1, 10),
    ]


def test_ops_outside_every_range_are_left_out(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 10)
    file.op("aten::relu", 20, 15)
    assert rows(file, tmp_path) == []


def test_on_a_device_kernels_are_named(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.op("aten::mm", 10, 30)
    for correlation, (launched, duration) in enumerate([(12, 70), (14, 30)], 1):
        file.launch(correlation, launched)
        file.kernel(correlation, 200 + 100 * correlation, duration, name="gemm")
    assert rows(file, tmp_path) == [("net", "gemm", 2, 100)]
