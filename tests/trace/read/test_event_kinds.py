"""Kinds of events, in the words of every Kineto version."""

from pathlib import Path

import pytest

from samprof.trace.model.events import Kind
from samprof.trace.read.event_kinds import MEMORY, kind_of
from tests.support.tables import kernel_rows, layer_rows, opened
from tests.support.tracefile import TraceFile


@pytest.mark.parametrize(
    ("phase", "category", "name", "kind"),
    [
        ("X", "cpu_op", "aten::mm", Kind.OP),
        ("X", "cpu_op", "samprof:net", Kind.RANGE),
        ("X", "user_annotation", "samprof:net", Kind.RANGE),
        ("X", "gpu_user_annotation", "samprof:net", 0),
        ("X", "kernel", "samprof:net", Kind.KERNEL),
        ("X", "python_function", "nn.Module: Net_0", Kind.MODULE),
        ("X", "python_function", "forward", 0),
        ("X", "cuda_driver", "cuLaunchKernel", Kind.RUNTIME),
        ("s", "fwdbwd", "fwdbwd", Kind.FLOW_FORWARD),
        ("f", "fwdbwd", "fwdbwd", Kind.FLOW_BACKWARD),
        ("s", "ac2g", "ac2g", 0),
        ("i", "cpu_instant_event", "[memory]", MEMORY),
        ("i", "cpu_instant_event", "Record Window End", 0),
        ("M", None, "process_name", 0),
    ],
)
def test_kind_of_an_event(phase: str, category: str | None, name: str, kind: int) -> None:
    assert kind_of(phase, category, name) == kind


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
