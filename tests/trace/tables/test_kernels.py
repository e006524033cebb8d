"""The table of device activities."""

from pathlib import Path

from samprof.trace import load_trace
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def test_step_is_the_profiler_step_around_the_launch(tmp_path: Path) -> None:
    # The kernel of step 3 runs when step 4 has begun.
    file = TraceFile()
    file.step(3, 0, 100)
    file.step(4, 100, 100)
    for correlation, ts in ((1, 50), (2, 150)):
        file.launch(correlation, ts)
        file.kernel(correlation, 160 + correlation, 1)
    kernels = load_trace(file.write(tmp_path / "steps.json")).kernels()
    assert dict(zip(kernels["correlation"], kernels["step"], strict=True)) == {1: 3, 2: 4}


def test_rows_are_in_order_of_start_and_name_their_owner(tmp_path: Path) -> None:
    # Kernel 2 starts first; kernel 1 is launched in net, kernel 2 outside, kernel 3 nowhere.
    file = TraceFile()
    file.range("net", 0, 100)
    file.op("aten::mm", 10, 20)
    file.launch(1, 15)
    file.launch(2, 150)
    file.kernel(1, 300, 5)
    file.kernel(2, 200, 6, cat="gpu_memset")
    file.kernel(3, 400, 7)
    table = opened(file, tmp_path).kernels()
    assert table["correlation"].tolist() == [2, 1, 3]
    assert table["kind"].tolist() == ["memset", "kernel", "kernel"]
    assert table["owner"].tolist() == ["(outside)", "net", "(no launch)"]
    assert table["op"].tolist() == ["", "aten::mm", ""]
    assert table["launch_ts_ns"].isna().tolist() == [False, False, True]
    assert table["step"].isna().all()
