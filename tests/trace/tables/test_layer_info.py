"""Type, role, phase and note of each row."""

from pathlib import Path

import pytest

from tests.support.tables import opened
from tests.support.tracefile import TraceFile


@pytest.mark.parametrize("later_first", [False, True])
def test_note_on_two_graphs_does_not_depend_on_the_order_of_events(
    tmp_path: Path, later_first: bool
) -> None:
    # The first graph launches 2 kernels, the second 3; the note names them in that order.
    file = TraceFile()
    file.range("net", 0, 100)
    file.launch(1, 10, name="cudaGraphLaunch")
    file.launch(2, 20, name="cudaGraphLaunch")
    for ts, correlation in enumerate((1, 1, 2, 2, 2)):
        file.kernel(correlation, 200 + ts, 1)
    if later_first:
        file.events.reverse()
    note = opened(file, tmp_path).layers().set_index("path")["note"]["net"]
    assert note.index("2 activities") < note.index("3 activities")


def test_a_function_has_its_own_role_or_that_of_its_module(tmp_path: Path) -> None:
    recorded = {
        "modules": {"net": ["Net", "model"], "net.attn": ["Attention", "attention"]},
        "functions": {"scores()": "scores"},
    }
    file = TraceFile(metadata={"schemaVersion": 1, "samprof": recorded})
    file.range("net", 0, 100)
    file.range("net.attn", 10, 80)
    file.range("scores()", 20, 10)
    file.range("softmax()", 40, 10)
    table = opened(file, tmp_path).layers().set_index("path")
    assert table["type"].tolist() == ["Net", "Attention", "function", "function", ""]
    assert table["role"].tolist() == ["model", "attention", "scores", "attention", ""]
