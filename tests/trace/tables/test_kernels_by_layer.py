"""Kernels of each layer, counted."""

from pathlib import Path

from samprof.trace.tables.kernels_by_layer import kernels_by_layer
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def test_activities_of_one_name_in_one_layer_are_one_row(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    for correlation, launched in ((1, 10), (2, 20), (3, 30), (4, 500)):
        file.launch(correlation, launched)
        name = "add" if correlation == 2 else "gemm"
        file.kernel(correlation, 1000 * correlation, 5 + correlation, name=name)
    file.kernel(9, 9000, 40, name="gemm")
    table = kernels_by_layer(opened(file, tmp_path), "auto")
    # Correlations 1 and 3: 6 and 8 ns; 4 was launched outside, 9 nowhere.
    assert table.to_numpy().tolist() == [
        ["net", "gemm", 2, 14],
        ["net", "add", 1, 7],
        ["(outside)", "gemm", 1, 9],
        ["(no launch)", "gemm", 1, 40],
    ]


def test_without_a_device_there_are_no_rows(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    table = kernels_by_layer(opened(file, tmp_path), "auto")
    assert (len(table), list(table)) == (0, ["path", "kernel", "count", "time_ns"])
