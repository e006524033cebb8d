"""torch's annotations of graph nodes are ranges where no capture tells them."""

from pathlib import Path

import pytest

from samprof.trace import Trace, load_trace
from tests.support.graphed import LAUNCHED, NODES, captured, launched
from tests.support.tables import assert_adds_up
from tests.support.tracefile import TraceFile

IDS = [(5 << 32) + number for number in range(len(NODES))]


def annotated(folder: Path, names: list[str | None], *, capture: bool = False) -> Trace:
    """A graph launch, by default without its capture, with the annotations that torch 2.15 writes."""
    file = TraceFile()
    if capture:
        captured(file, NODES, ranges="annotation")
    file.annotation("step", LAUNCHED - 50, 200)
    launched(file, NODES, ids=IDS)
    ran = [event for event in file.events if event["pid"] == 0]
    for event, name in zip(ran, names, strict=True):
        if name is not None:
            event["args"]["name"] = name
    file.metadata["cudaGraphInlineAnnotated"] = True
    return load_trace(file.write(folder / "trace.json"))


def test_annotations_are_ranges_inside_the_one_around_the_launch(tmp_path: Path) -> None:
    trace = annotated(tmp_path, ["encoder", "decoder", "encoder", None])
    kernels = trace.kernels("annotation")
    assert kernels["owner"].tolist() == [
        "step > encoder",
        "step > decoder",
        "step > encoder",
        "step",
    ]
    why = "not split: its capture is not in the trace"
    told = "from torch's graph annotations"
    assert kernels["note"].tolist() == [told, told, told, why]
    layers = trace.layers("annotation").set_index("path")
    assert layers["device_self_ns"].tolist() == [17, 20, 11, 0, 0]
    assert layers["calls"].tolist() == [1, 1, 1, 0, 0]
    assert layers.loc["step > encoder", "note"] == f"2 activities of a graph launch, {told}"
    assert layers.loc["step", "note"] == f"graph launch: 1 activity, {why}"
    assert_adds_up(trace, "annotation")


def test_annotations_named_by_samprof_are_its_layers(tmp_path: Path) -> None:
    trace = annotated(tmp_path, ["samprof:net.a", "samprof:net.b", "other", "samprof:net.a"])
    kernels = trace.kernels("samprof")
    assert kernels["owner"].tolist() == ["net.a", "net.b", "net", "net.a"]
    assert_adds_up(trace, "samprof")


def test_the_capture_says_more(tmp_path: Path) -> None:
    trace = annotated(tmp_path, ["encoder"] * 4, capture=True)
    kernels = trace.kernels("annotation")
    assert set(kernels["note"]) == {"from the capture"}
    assert kernels["owner"].tolist() == [f"step > {node.layer}" for node in NODES]


@pytest.mark.parametrize("by", ["module", "op"])
def test_they_are_no_ranges_of_other_kinds(tmp_path: Path, by: str) -> None:
    trace = annotated(tmp_path, ["encoder"] * 4)
    assert set(trace.kernels(by)["owner"]) == {"(outside)"}  # type: ignore[arg-type]
    assert "from torch" not in trace.kernels(by)["note"].sum()  # type: ignore[arg-type]
