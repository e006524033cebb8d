"""Which events are ranges, and what they are called."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samprof.errors import SamprofError
from samprof.trace import Trace
from tests.support.tables import kernel_rows, layer_rows, opened, with_kernels
from tests.support.tracefile import TraceFile


def owners(trace: Trace, by: str = "auto") -> dict[int, str]:
    """The owner of each device activity, by its correlation id."""
    return {row["correlation"]: row["owner"] for row in kernel_rows(trace, by)}


def test_by_picks_the_ranges_and_auto_the_first_kind_that_exists(tmp_path: Path) -> None:
    file = TraceFile()
    file.op("aten::linear", 0, 100)
    file.launch(1, 50)
    file.kernel(1, 200, 10)
    file.annotation("load", 1, 90)
    assert owners(opened(file, tmp_path)) == {1: "load"}
    file.module("Block_3", 2, 80)
    assert owners(opened(file, tmp_path)) == {1: "Block_3"}
    file.range("net", 3, 70)
    trace = opened(file, tmp_path)
    assert owners(trace) == {1: "net"}
    assert owners(trace, "module") == {1: "Block_3"}
    assert owners(trace, "annotation") == {1: "load"}
    assert owners(trace, "op") == {1: "aten::linear"}


def test_unknown_kind_of_ranges_is_an_error(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    with pytest.raises(SamprofError):
        opened(file, tmp_path).layers(by="colour")  # type: ignore[arg-type]


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


def test_a_range_inside_one_of_its_node_is_not_outermost(tmp_path: Path) -> None:
    # net > net.a > net: the inner net is not outermost, a second call of net.a beside it is.
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.a", 10, 50)
    file.range("net", 20, 10)
    file.range("net.a", 70, 10)
    ranges = opened(file, tmp_path).ranges()
    assert ranges.paths == ("net", "net.a")
    order = np.argsort(ranges.nesting.start)
    assert ranges.outermost()[order].tolist() == [True, True, False, True]


ROWS = ["(outside)", "(no launch)", "other host work", "transfers", "device idle"]


@pytest.mark.parametrize("name", [*ROWS, "synchronisation waits", "", "ProfilerStep#007"])
@pytest.mark.parametrize("by", ["samprof", "annotation", "module", "op"])
def test_ranges_called_as_samprof_calls_its_own_rows(name: str, by: Any, tmp_path: Path) -> None:
    file = TraceFile()
    enter = {"samprof": file.range, "annotation": file.annotation, "module": file.module}
    enter.get(by, file.op)(name, 10, 300)
    file.launch(1, 30)
    file.kernel(1, 200, 50)  # owned by the range
    file.launch(2, 400)
    file.kernel(2, 500, 7)  # launched in none
    file.kernel(3, 600, 3)  # without a launch
    trace = opened(file, tmp_path)
    check = trace.check(by)
    sums = check.attributed_ns, check.outside_ns, check.no_launch_ns, check.total_ns
    assert (sums, check.ok) == ((50, 7, 3, 60), True)
    table = trace.layers(by).set_index("path")["device_self_ns"].to_dict()
    shown = f'"{name}"' if name in ROWS[:2] else name
    assert table == {shown: 50, "(outside)": 7, "(no launch)": 3}
    assert kernel_rows(trace, by)[0]["owner"] == shown
    components = trace.components(by)
    assert components["component"].is_unique
    assert components["host_ns"].sum() == 300  # the window is the range
    device = components.set_index("component")["device_ns"]
    assert device.drop("device idle").sum() == 50
    assert len(trace.timeline(by))


def test_methods_of_a_root_count_where_outermost_and_around_others(tmp_path: Path) -> None:
    recorded = {"methods": ["net.encode()", "net.size()", 7], "roots": ["net"]}
    file = TraceFile(metadata={"schemaVersion": 1, "samprof": recorded})
    file.range("net.encode()", 0, 100)
    file.range("net.encode()", 5, 50)  # calls itself
    file.range("net.encoder", 10, 20)
    file.range("net.size()", 40, 5)
    file.range("net", 200, 100)
    file.range("net.encode()", 210, 50)
    file.range("net.encoder", 220, 20)
    file.range("net.size()", 400, 10)
    file.range("net.size()", 500, 10)
    file.range("net.size()", 502, 5)
    trace = opened(file, tmp_path)
    table = trace.layers().set_index("path").drop("(outside)")
    rows = {path: (row["calls"], row["cpu_total_ns"]) for path, row in table.iterrows()}
    assert rows == {"net.encode()": (1, 100), "net.encoder": (2, 40), "net": (1, 100)}
    assert trace.check().ok
