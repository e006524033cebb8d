"""Ranges nested deeper than any program nests them: every table is exact, and none takes its time."""

from pathlib import Path

import pytest

from samprof.trace import load_trace
from tests.support.tracefile import TraceFile

DEEP = 5_000
LEVEL = 10


@pytest.fixture(scope="module")
def nested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each range lies in the one before, begins and ends 10 ns inside it, and launches at its end.

    The kernel of the innermost, range 4999, takes 1 ns, that of the next 2 ns, and so on.
    """
    file, end = TraceFile(), 2 * DEEP * LEVEL
    for level in range(DEEP):
        file.range(f"r{level}", level * LEVEL, end - 2 * level * LEVEL)
        file.launch(level + 1, end - level * LEVEL - 5)
        dur = DEEP - level
        file.kernel(level + 1, end + dur * (dur - 1) // 2, dur)
    return file.write(tmp_path_factory.mktemp("deep") / "trace.json")


def test_the_layers_of_a_deep_trace_are_exact(nested: Path) -> None:
    trace = load_trace(nested)
    rows = trace.layers().iloc[:DEEP]
    # Inside a range are n kernels of 1 + 2 + ... + n ns, which follow one another without a gap.
    kernels = rows["kernels"]
    assert kernels.tolist() == list(range(DEEP, 0, -1))
    assert rows["depth"].tolist() == list(range(DEEP))
    assert (rows["device_self_ns"] == kernels).all()
    assert (rows["device_total_ns"] == kernels * (kernels + 1) // 2).all()
    assert (rows["device_busy_ns"] == rows["device_total_ns"]).all()
    assert (rows["cpu_self_ns"] == 2 * LEVEL).all()
    assert trace.check().ok


def test_the_kernels_of_a_deep_trace_have_their_owners(nested: Path) -> None:
    owners = load_trace(nested).kernels()["owner"]
    assert owners.tolist() == [f"r{level}" for level in range(DEEP - 1, -1, -1)]
