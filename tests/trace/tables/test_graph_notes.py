"""Notes on activities and owners: split by the capture, or why not."""

from pathlib import Path

from samprof.trace.model.owners import OUTSIDE
from samprof.trace.tables.graph_notes import activity_notes, owner_notes
from tests.support.graphed import DEVICE, LAUNCHED, NODES, graphed, launched
from tests.support.tables import opened


def test_each_activity_of_a_graph_has_a_note_and_no_other(tmp_path: Path) -> None:
    file = graphed()
    launched(file, NODES[:1], LAUNCHED + 100, correlation=2, device_ts=2 * DEVICE)
    file.launch(3, LAUNCHED + 200)
    file.kernel(3, 3 * DEVICE, 5)
    notes = activity_notes(opened(file, tmp_path), "auto").tolist()
    assert notes == [*4 * ["from the capture"], "not split: 4 launches were captured", ""]


def test_owners_are_told_of_their_graphs(tmp_path: Path) -> None:
    file = graphed()
    launched(file, NODES[:1], LAUNCHED + 100, correlation=2, device_ts=2 * DEVICE)
    launched(file, NODES[:2], LAUNCHED + 200, correlation=3, device_ts=3 * DEVICE, around=None)
    trace = opened(file, tmp_path)
    names = [*trace.ranges().paths, "(outside)"]
    found = {names[node]: notes for node, notes in owner_notes(trace, "auto").items()}
    assert names.index("(outside)") + OUTSIDE + 1 == len(names) - 1
    assert found == {
        "net": ["graph launch: 1 activity, not split: 4 launches were captured"],
        "(outside)": ["graph launch: 2 activities, not split: 4 launches were captured"],
        "net.a": ["2 activities of a graph launch, from the capture"],
        "net.b": ["2 activities of a graph launch, from the capture"],
    }
    layers = trace.layers().set_index("path")
    assert layers.loc["(outside)", "note"] == found["(outside)"][0]
