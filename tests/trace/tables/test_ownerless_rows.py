"""Time without an owner is a row: `(outside)` and `(no launch)`."""

from pathlib import Path

from tests.support.tables import layer_rows, opened
from tests.support.tracefile import TraceFile


def test_outside_and_no_launch_are_rows(tmp_path: Path) -> None:
    # 3 + 5 + 7 = 15 ns: in net, outside, and of a launch that is not in the file.
    file = TraceFile()
    file.range("net", 0, 100)
    file.launch(1, 50)
    file.kernel(1, 200, 3)
    file.launch(2, 150)
    file.kernel(2, 210, 5)
    file.kernel(3, 220, 7)
    trace = opened(file, tmp_path)
    rows = layer_rows(trace, "samprof")
    assert {path: row["device_self_ns"] for path, row in rows.items()} == {
        "net": 3,
        "(outside)": 5,
        "(no launch)": 7,
    }
    check = trace.check()
    assert (check.attributed_ns, check.outside_ns, check.no_launch_ns) == (3, 5, 7)
    assert check.total_ns == 15


def test_without_device_activity_outside_holds_the_ops_outside_every_range(tmp_path: Path) -> None:
    # net is open in [0, 100); ops cover [80, 130), 30 of them outside.
    file = TraceFile()
    file.range("net", 0, 100)
    file.op("aten::add", 80, 50)
    file.op("aten::add_", 110, 10)
    trace = opened(file, tmp_path)
    rows = layer_rows(trace, "samprof")
    assert {path: row["cpu_self_ns"] for path, row in rows.items()} == {"net": 100, "(outside)": 30}
    assert trace.kernels().empty
    check = trace.check()
    assert (check.time_source, check.attributed_ns, check.outside_ns) == ("cpu", 100, 30)
