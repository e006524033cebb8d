"""What a trace holds in a few words, which are its repr."""

from dataclasses import replace
from pathlib import Path

import pytest

from samprof.trace import load_trace
from samprof.trace.tables.headline import headline
from tests.support.tracefile import TraceFile

MS = 1_000_000


def test_it_counts_without_computing_a_table(tmp_path: Path) -> None:
    file = TraceFile()
    file.step(0, 0, 20 * MS)
    file.op("aten::mm", 1 * MS, 2 * MS)
    file.op("aten::add", 4 * MS, 1 * MS)
    file.launch(1, 2 * MS)
    file.launch(2, 3 * MS)
    file.kernel(1, 30 * MS, 4 * MS)
    file.kernel(2, 40 * MS, 3 * MS)
    trace = load_trace(file.write(tmp_path / "trace.json"))
    words = "1 step, 2 ops, 2 device activities of 7.00 ms, 43.0 ms from first to last"
    assert repr(trace) == f"<Trace: {words}>"


def test_a_trace_without_a_device_says_so(tmp_path: Path) -> None:
    file = TraceFile()
    file.op("aten::mm", 1 * MS, 2 * MS)
    trace = load_trace(file.write(tmp_path / "trace.json"))
    assert headline(trace) == "Trace: 1 op, no device activity, 2.00 ms from first to last"
    nothing = replace(trace, events=trace.events.take(trace.events.ts < 0))
    assert headline(nothing) == "Trace: 0 ops, no device activity"


@pytest.mark.parametrize(
    ("roots", "name"),
    [
        (["net"], " net"),
        (["a", "b", "c", "d"], " a, b, c, ..."),
        (["\x1b[31m"], " \\x1b[31m"),
        ("net", ""),
        ([1], " 1"),
        (None, ""),
    ],
)
def test_what_samprof_recorded_is_named(tmp_path: Path, roots: object, name: str) -> None:
    file = TraceFile()
    file.op("aten::mm", 1 * MS, 2 * MS)
    trace = load_trace(file.write(tmp_path / "trace.json"))
    recorded = replace(trace, metadata={"samprof": {"roots": roots}})
    assert headline(recorded).startswith(f"Trace{name}: 1 op")
    broken = replace(trace, events=None)  # type: ignore[arg-type]
    assert repr(broken) == "<Trace: AttributeError>"
