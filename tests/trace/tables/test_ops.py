"""The table of ops: time, FLOPs, bytes and rates."""

from pathlib import Path

import pytest

import samprof
from samprof.trace import Trace
from tests.support.op_traces import MM, layer
from tests.support.paths import NO_SHARED_TRACES, SHARED_TRACES
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def test_ops_have_their_rates(tmp_path: Path) -> None:
    ops = opened(layer(), tmp_path).ops().set_index("op")
    assert list(ops.index) == ["aten::mm", "aten::add", "mylib::special"]
    mm = ops.loc["aten::mm"]
    assert mm["time_ns"] == 30
    assert mm["flops_per_s"] == pytest.approx(48 / 30e-9)
    assert mm["bytes_per_s"] == pytest.approx(104 / 30e-9)
    assert mm["intensity"] == pytest.approx(48 / 104)
    assert ops["calls"].tolist() == [1, 1, 1]
    assert ops["has_formula"].tolist() == [True, True, False]


def test_device_time_of_an_op_is_that_of_all_it_launches(tmp_path: Path) -> None:
    file = layer()
    file.launch(1, 22)  # by mm
    file.launch(2, 26)  # by the add inside mm
    file.launch(3, 75)  # by special
    for correlation, duration in ((1, 40), (2, 60), (3, 7)):
        file.kernel(correlation, 300 + 100 * correlation, duration)
    ops = opened(file, tmp_path).ops().set_index("op")
    assert ops["time_ns"].to_dict() == {"aten::mm": 100, "mylib::special": 7, "aten::add": 0}


def test_what_an_op_launches_itself_counts_even_if_it_calls_others(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.op("mylib::fused", 10, 40)
    file.op("aten::empty", 12, 2)  # it reserves memory, then launches a kernel
    file.op("compiled region", 60, 20)
    file.op("aten::mm", 62, 5, **MM)
    file.op("aten::item", 85, 10)
    file.op("aten::_local_scalar_dense", 86, 8)
    for correlation, launched in ((1, 20), (2, 64), (3, 70), (4, 88)):
        file.launch(correlation, launched)
        file.kernel(correlation, 100 * correlation, 10 * correlation)
    trace = opened(file, tmp_path)
    times = trace.ops().set_index("op")["time_ns"].to_dict()
    # The region holds the kernel of mm, which has its own row, and one of unknown cost.
    assert times == {"compiled region": 30, "aten::mm": 20, "mylib::fused": 10}
    assert trace.layers().set_index("path").loc["net", "ops_without_formula"] == 2


@pytest.mark.skipif(not SHARED_TRACES.is_dir(), reason=NO_SHARED_TRACES)
def test_no_rate_is_above_the_peak_of_the_device() -> None:
    # An A100 with 40 GB: 312 TFLOP/s in bfloat16, 1555 GB/s (NVIDIA's data sheet).
    trace = samprof.load(SHARED_TRACES / "sam-fast-amg-a100.json.gz", cache=False)
    assert isinstance(trace, Trace)
    ops = trace.ops().set_index("op")
    assert ops["flops_per_s"].max() <= 312e12
    # What fits into the cache of 40 MB may be faster than the memory.
    large = ops["bytes"] / ops["calls"] > 40e6
    assert ops.loc[large, "bytes_per_s"].max() <= 1555e9
    assert ops.loc["aten::addmm", "flops_per_s"].max() > 40e12
