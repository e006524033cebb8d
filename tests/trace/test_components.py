"""The component table: host and device time side by side, each nanosecond once."""

from pathlib import Path

import pandas as pd
import pytest

import samprof
from samprof.trace import Trace
from samprof.trace.components import IDLE, OTHER, TRANSFERS, WAITS, component_steps, component_table
from samprof.trace.lanes import DEVICE, lanes_table
from samprof.trace.owners import NO_LAUNCH_NAME
from tests.support.tracefile import TraceFile

RECORDED = {
    "roots": ["sam"],
    "modules": {
        "sam": ["Sam", "SAM"],
        "sam.image_encoder": ["ImageEncoderViT", "image encoder"],
        "sam.image_encoder.neck": ["Sequential", "neck"],
    },
    "functions": {"set_image()": "set image", "apply_image()": "preprocessing"},
    "components": {"preprocessing": "preprocessing", "image encoder": "image encoder"},
}


def pipeline(*, on_device: bool = True) -> TraceFile:
    """One step of 1000 ns on thread 1.

    0     sam                                                                    1000
      100   set_image()                                                      800
        120   apply_image() 220
                            300 image_encoder                     700
                                  350 neck 400
    Launches: 310 (kernel 1, encoder), 360 (kernel 2, neck), 620 (kernel 3, copy to the host),
    50 (kernel 4, outside of components). Waits: 500 to 650 in the encoder, 850 to 950 in sam.
    """
    file = TraceFile(metadata={"schemaVersion": 1, "samprof": RECORDED})
    file.step(0, 0, 1000)
    file.range("sam", 0, 1000)
    file.range("sam.set_image()", 100, 700)
    file.range(".apply_image()", 120, 100)
    file.range("sam.image_encoder", 300, 400)
    file.range("sam.image_encoder.neck", 350, 50)
    if on_device:
        for correlation, launched in ((1, 310), (2, 360), (3, 620), (4, 50)):
            file.launch(correlation, launched)
        file.kernel(1, 400, 100)
        file.kernel(2, 500, 30, stream=8)
        file.kernel(3, 640, 20, cat="gpu_memcpy")
        file.kernel(4, 60, 40)
        file.launch(90, 500, 150, name="cudaStreamSynchronize")
        file.launch(91, 850, 100, name="cudaDeviceSynchronize")
    return file


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


def test_time_in_ranges_of_no_component_is_other(tmp_path: Path) -> None:
    file = TraceFile(metadata={"schemaVersion": 1, "samprof": RECORDED})
    file.step(0, 0, 100)
    file.range("sam", 10, 80)
    assert {name: row["host_ns"] for name, row in by_component(load(file, tmp_path)).items()} == {
        OTHER: 100
    }


def test_a_step_in_which_nothing_happened_is_none(tmp_path: Path) -> None:
    file = pipeline()
    file.step(1, 1000, 50)
    trace = load(file, tmp_path)
    assert set(component_steps(trace)["step"]) == {0}
    assert len(lanes_table(trace)) == 5 + 2 + 4


def test_lanes_name_what_ran_as_the_table_does(tmp_path: Path) -> None:
    file = pipeline()
    file.kernel(77, 800, 15)  # nothing in the file launched it
    trace = load(file, tmp_path)
    lanes = lanes_table(trace)
    device = lanes[lanes["lane"] == DEVICE].groupby("component")["dur_ns"].sum().to_dict()
    rows = by_component(trace)
    assert device == {"image encoder": 130, TRANSFERS: 20, OTHER: 40, NO_LAUNCH_NAME: 15}
    assert device == {name: rows[name]["device_ns"] for name in device}


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
    assert lanes_table(trace).empty


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


def test_lanes_hold_ranges_waits_and_activities(tmp_path: Path) -> None:
    lanes = lanes_table(load(pipeline(), tmp_path))
    host = lanes[lanes["lane"] == "host"]
    found = set(zip(host["row"], host["component"], host["start_ns"], host["dur_ns"], strict=True))
    assert found == {
        (0, OTHER, 0, 1000),
        (1, OTHER, 100, 700),
        (2, "preprocessing", 120, 100),
        (2, "image encoder", 300, 400),
        (3, "image encoder", 350, 50),
    }
    waits = lanes[lanes["lane"] == "wait"]
    assert waits[["start_ns", "dur_ns"]].values.tolist() == [[500, 150], [850, 100]]
    device = lanes[lanes["lane"] == "device"].sort_values("start_ns")
    assert device[["row", "component", "start_ns", "dur_ns"]].values.tolist() == [
        [0, OTHER, 60, 40],
        [0, "image encoder", 400, 100],
        [1, "image encoder", 500, 30],
        [0, TRANSFERS, 640, 20],
    ]
