"""The component of each range and of each device activity."""

from pathlib import Path

from samprof.trace import Trace
from samprof.trace.model.names import NO_LAUNCH_NAME
from samprof.trace.tables.component_labels import (
    OTHER,
    TRANSFERS,
    component_of_ranges,
    labels_of_activities,
)
from tests.support.pipeline import pipeline
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def components(trace: Trace) -> dict[str, str]:
    """The component of each path; empty for none."""
    ranges = trace.ranges()
    names, component = component_of_ranges(trace, ranges)
    return {
        ranges.paths[node]: names[code] if code >= 0 else ""
        for node, code in zip(ranges.node.tolist(), component.tolist(), strict=True)
    }


def test_a_range_has_the_component_of_its_role_else_of_the_range_around_it(tmp_path: Path) -> None:
    # The roles of sam and set_image() are no components; the neck's is the encoder's.
    assert components(opened(pipeline(), tmp_path)) == {
        "sam": "",
        "sam.set_image()": "",
        "sam.set_image().apply_image()": "preprocessing",
        "sam.image_encoder": "image encoder",
        "sam.image_encoder.neck": "image encoder",
    }


def test_without_recorded_components_they_are_the_two_outer_levels(tmp_path: Path) -> None:
    file = TraceFile()
    file.annotation("model", 0, 100)
    file.annotation("encoder", 10, 50)
    file.annotation("block", 20, 10)
    assert components(opened(file, tmp_path)) == {
        "model": "model",
        "model > encoder": "model > encoder",
        "model > encoder > block": "model > encoder",
    }


def test_copies_are_transfers_whoever_launched_them(tmp_path: Path) -> None:
    file = pipeline()
    file.kernel(77, 800, 15)
    trace = opened(file, tmp_path)
    names, component = component_of_ranges(trace, trace.ranges())
    labels = labels_of_activities(trace, "auto", component, names)
    # In file order: encoder, neck, the copy launched in the encoder, outside, without a launch.
    assert labels.tolist() == ["image encoder", "image encoder", TRANSFERS, OTHER, NO_LAUNCH_NAME]


def test_without_ranges_every_activity_is_of_no_component(tmp_path: Path) -> None:
    file = TraceFile()
    file.launch(1, 10)
    file.kernel(1, 20, 5)
    trace = opened(file, tmp_path)
    names, component = component_of_ranges(trace, trace.ranges())
    assert labels_of_activities(trace, "auto", component, names).tolist() == [OTHER]
