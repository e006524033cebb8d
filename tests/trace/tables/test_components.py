"""The component table: host and device time side by side, each nanosecond once."""

from pathlib import Path

import pandas as pd
import pytest

import samprof
from samprof.trace import Trace
from samprof.trace.tables.components import (
    IDLE,
    OTHER,
    TRANSFERS,
    WAITS,
    component_steps,
    component_table,
)
from tests.support.pipeline import RECORDED, pipeline
from tests.support.tracefile import TraceFile


def load(file: TraceFile, folder: Path) -> Trace:
    trace = samprof.load(file.write(folder / "trace.json"), cache=False)
    assert isinstance(trace, Trace)
    return trace


def by_component(trace: Trace) -> dict[str, dict[str, int]]:
    table = component_steps(trace).set_index("component")
    return table.drop(columns="step").to_dict("index")


def test_host_and_device_time_of_each_component(tmp_path: Path) -> None:
    rows = by_component(load(pipeline(), tmp_path))
    # Encoder: 400 of its own and its neck's, 150 of them waiting; kernels 1 and 2.
    # Other: 1000 - 100 - 400 - the 100 that sam waits. Idle: 1000 - (100 + 30 + 20 + 40).
    nothing = {"calls": 0, "host_ns": 0, "wait_ns": 0, "device_ns": 0, "kernels": 0}
    assert rows == {
        "preprocessing": nothing | {"calls": 1, "host_ns": 100},
        "image encoder": nothing
        | {"calls": 1, "host_ns": 250, "wait_ns": 150, "device_ns": 130, "kernels": 2},
        OTHER: nothing | {"host_ns": 400, "wait_ns": 100, "device_ns": 40, "kernels": 1},
        TRANSFERS: nothing | {"device_ns": 20, "kernels": 1},
        WAITS: nothing | {"host_ns": 250},
        IDLE: nothing | {"device_ns": 810},
    }
    assert list(rows) == ["preprocessing", "image encoder", OTHER, TRANSFERS, WAITS, IDLE]


def test_rows_sum_to_the_window(tmp_path: Path) -> None:
    table = component_steps(load(pipeline(), tmp_path))
    assert table["host_ns"].sum() == table["device_ns"].sum() == 1000


def test_without_a_device_the_host_alone_sums_to_the_window(tmp_path: Path) -> None:
    rows = by_component(load(pipeline(on_device=False), tmp_path))
    assert {name: row["host_ns"] for name, row in rows.items()} == {
        "preprocessing": 100,
        "image encoder": 400,
        OTHER: 500,
    }


def test_kernels_side_by_side_are_summed_and_the_device_is_idle_once(tmp_path: Path) -> None:
    file = pipeline()
    file.launch(5, 320)
    file.kernel(5, 410, 100, stream=9)  # 90 of it beside kernel 1, 10 beside kernel 2
    table = component_steps(load(file, tmp_path)).set_index("component")
    assert table.loc["image encoder", "device_ns"] == 230
    # Busy from 400 to 530 all the same.
    assert table.loc[IDLE, "device_ns"] == 810


def test_a_module_that_nothing_is_known_of_is_no_host_work(tmp_path: Path) -> None:
    modules = RECORDED["modules"] | {"sam.tracker": ["Tracker", "SAM"]}
    file = TraceFile(metadata={"schemaVersion": 1, "samprof": RECORDED | {"modules": modules}})
    file.step(0, 0, 100)
    file.range("sam", 10, 80)  # compiled: no part of it is seen
    file.step(1, 100, 100)
    file.range("sam", 110, 80)
    file.range("sam.image_encoder", 120, 30)
    file.range("sam.tracker", 150, 20)
    steps = component_steps(load(file, tmp_path))
    host = steps[steps["host_ns"] > 0].set_index(["step", "component"])["host_ns"]
    assert host.to_dict() == {
        (0, "sam"): 80,
        (0, OTHER): 20,
        (1, "image encoder"): 30,
        (1, "sam.tracker"): 20,
        (1, OTHER): 50,  # 20 around the model, 30 between its parts
    }


def test_a_step_in_which_nothing_happened_is_none(tmp_path: Path) -> None:
    file = pipeline()
    file.step(1, 1000, 50)
    trace = load(file, tmp_path)
    assert set(component_steps(trace)["step"]) == {0}
    assert len(trace.timeline()) == 5 + 2 + 4


def test_what_ran_on_other_threads_is_not_in_the_window_of_this_one(tmp_path: Path) -> None:
    file = pipeline()
    file.range("sam.image_encoder", 0, 900, thread=2)
    file.launch(6, 10, thread=2)
    file.kernel(6, 700, 50)
    table = component_steps(load(file, tmp_path)).set_index("component")
    assert table["host_ns"].sum() == 1000
    assert table.loc["image encoder", "device_ns"] == 180  # its kernel is the encoder's, though


def test_others_traces_have_their_outermost_ranges_as_components(tmp_path: Path) -> None:
    file = TraceFile()
    file.annotation("load", 0, 40)
    file.annotation("model", 50, 100)
    file.annotation("encoder", 60, 30)
    file.annotation("block", 65, 10)
    rows = by_component(load(file, tmp_path))
    # The window is from the first range to the end of the last; encoder is directly below model.
    assert {name: row["host_ns"] for name, row in rows.items()} == {
        "load": 40,
        "model": 70,
        "model > encoder": 30,
        OTHER: 10,
    }


def test_a_trace_without_ranges_has_no_components(tmp_path: Path) -> None:
    trace = load(TraceFile(), tmp_path)
    assert component_steps(trace).empty
    assert component_table(component_steps(trace)).empty
    assert trace.components().empty
    assert trace.timeline().empty


@pytest.mark.parametrize(("order", "median"), [((1, 2, 3), 2), ((3, 1), 1), ((2,), 2)])
def test_the_table_is_the_step_of_median_time(order: tuple[int, ...], median: int) -> None:
    steps = pd.DataFrame(
        [
            {"step": step, "component": name, "calls": 1, "host_ns": factor * ns, "wait_ns": 0}
            | {"device_ns": 0, "kernels": 0}
            for step, factor in enumerate(order)
            for name, ns in (("a", 30), ("b", 10))
        ]
    )
    table = component_table(steps)
    assert table["host_ns"].tolist() == [30 * median, 10 * median]
    assert table["share"].tolist() == [0.75, 0.25]
    assert "step" not in table
