"""The timeline of one step: ranges, waits for the device, device activities."""

from pathlib import Path

from samprof.trace.model.names import NO_LAUNCH_NAME
from samprof.trace.tables.component_labels import OTHER, TRANSFERS
from samprof.trace.tables.components import component_steps
from samprof.trace.tables.timeline import DEVICE, timeline_table
from tests.support.pipeline import pipeline
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def test_a_timeline_holds_ranges_waits_and_activities(tmp_path: Path) -> None:
    timeline = opened(pipeline(), tmp_path).timeline()
    host = timeline[timeline["track"] == "host"]
    found = set(zip(host["row"], host["component"], host["start_ns"], host["dur_ns"], strict=True))
    assert found == {
        (0, OTHER, 0, 1000),
        (1, OTHER, 100, 700),
        (2, "preprocessing", 120, 100),
        (2, "image encoder", 300, 400),
        (3, "image encoder", 350, 50),
    }
    waits = timeline[timeline["track"] == "wait"]
    assert waits[["start_ns", "dur_ns"]].values.tolist() == [[500, 150], [850, 100]]
    device = timeline[timeline["track"] == "device"].sort_values("start_ns")
    assert device[["row", "component", "start_ns", "dur_ns"]].values.tolist() == [
        [0, OTHER, 60, 40],
        [0, "image encoder", 400, 100],
        [1, "image encoder", 500, 30],
        [0, TRANSFERS, 640, 20],
    ]


def test_a_timeline_names_components_as_the_table_does(tmp_path: Path) -> None:
    file = pipeline()
    file.kernel(77, 800, 15)  # nothing in the file launched it
    trace = opened(file, tmp_path)
    timeline = timeline_table(trace)
    device = timeline[timeline["track"] == DEVICE].groupby("component")["dur_ns"].sum().to_dict()
    rows = component_steps(trace).set_index("component")
    assert device == {"image encoder": 130, TRANSFERS: 20, OTHER: 40, NO_LAUNCH_NAME: 15}
    assert device == {name: rows.loc[name, "device_ns"] for name in device}


def test_a_step_can_be_chosen_and_the_last_is_the_default(tmp_path: Path) -> None:
    file = TraceFile()
    for step in (3, 4):
        file.step(step, 1000 * step, 100)
        file.range("net", 1000 * step + 10, 10 * step)
    trace = opened(file, tmp_path)
    # net of step 3 lasts 30 ns, that of step 4 40; both start 10 ns into their step.
    columns = ["name", "start_ns", "dur_ns"]
    assert trace.timeline()[columns].values.tolist() == [["net", 10, 40]]
    assert trace.timeline(step=3)[columns].values.tolist() == [["net", 10, 30]]
    assert trace.timeline().equals(timeline_table(trace))
