"""What was entered while capturing decides op and owner of what the graph runs, in every part too."""

from pathlib import Path

import numpy as np
import pytest

from samprof.trace import Trace
from samprof.trace.model.slicing import slice_time, split_steps
from tests.support.graphed import DEVICE, LAUNCHED, NODES, captured, graphed, launched
from tests.support.tables import opened
from tests.support.tracefile import TraceFile

OWNERS = [node.layer for node in NODES]
OPS = [node.op for node in NODES]


def owners(trace: Trace) -> list[tuple[str, str]]:
    """Owner and op of each activity, in order of time."""
    return list(zip(*(trace.kernels()[name].tolist() for name in ("owner", "op")), strict=True))


def test_op_owner_and_note_are_those_of_the_capture(tmp_path: Path) -> None:
    trace = opened(graphed(), tmp_path)
    kernels = trace.kernels()
    assert owners(trace) == list(zip(OWNERS, OPS, strict=True))
    assert set(kernels["note"]) == {"from the capture"}
    assert set(kernels["launch_ts_ns"]) == {LAUNCHED}
    layers = trace.layers().set_index("path")
    assert layers["device_self_ns"].to_dict() == {
        "net": 0,
        "net.a": 18,
        "net.b": 30,
        "(outside)": 0,
        "(no launch)": 0,
    }
    assert layers.loc["net", "device_total_ns"] == 48
    assert layers["note"].to_dict()["net.a"] == "2 activities of a graph launch, from the capture"


def test_every_replay_is_split_also_on_other_streams(tmp_path: Path) -> None:
    file = TraceFile()
    captured(file, NODES)
    for number in range(3):
        launched(
            file,
            NODES,
            LAUNCHED + 100 * number,
            correlation=1 + number,
            stream=20 + number,
            device_ts=DEVICE * (1 + number),
        )
    trace = opened(file, tmp_path)
    layers = trace.layers().set_index("path")
    assert layers.loc["net.b", "device_self_ns"] == 3 * 30
    # Entered twice while capturing, replayed twice by each launch.
    assert layers.loc["net.b", "calls"] == 2 + 3 * 2
    assert layers.loc["net", "calls"] == 1 + 3
    note = "6 activities of 3 graph launches, from the capture"
    assert layers.loc["net.b", "note"] == note
    assert trace.check().ok


def test_a_part_without_the_capture_is_split_like_the_whole(tmp_path: Path) -> None:
    file = graphed()
    file.step(0, 0, 4_000)
    file.step(1, 4_000, 4_000)
    trace = opened(file, tmp_path)
    (_, capturing), (_, replaying) = split_steps(trace)
    assert len(capturing.kernels()) == 0
    assert owners(replaying) == owners(trace)
    again = slice_time(replaying, 4_900, 5_100)
    assert owners(again) == owners(trace)
    layers = again.layers().set_index("path")
    assert layers["device_total_ns"].to_dict() == {
        "net": 48,
        "net.a": 18,
        "net.b": 30,
        "(outside)": 0,
        "(no launch)": 0,
    }
    assert layers["cpu_total_ns"].drop("(outside)").to_dict() == {
        "net": 20,
        "net.a": 0,
        "net.b": 0,
        "(no launch)": 0,
    }
    assert again.check().ok


def test_a_launch_that_is_not_split_in_the_whole_is_not_split_in_a_part(tmp_path: Path) -> None:
    file = graphed()
    launched(file, NODES[:2], LAUNCHED + 100, correlation=2, device_ts=2 * DEVICE)
    part = slice_time(opened(file, tmp_path), LAUNCHED - 50, LAUNCHED + 200)
    assert [one.reason for one in part.graphs()] == ["", "4 launches were captured"]


def test_a_launch_outside_of_every_range_belongs_where_it_was_captured(tmp_path: Path) -> None:
    file = TraceFile()
    captured(file, NODES)
    launched(file, NODES, around=None)
    trace = opened(file, tmp_path)
    assert trace.kernels()["owner"].tolist() == OWNERS
    layers = trace.layers().set_index("path")
    assert layers.loc["net", "device_total_ns"] == 48


@pytest.mark.parametrize("ranges", ["annotation", "module"])
def test_joined_paths_say_where_the_graph_was_launched(tmp_path: Path, ranges: str) -> None:
    file = TraceFile()
    captured(file, NODES, ranges=ranges)
    enter = file.annotation if ranges == "annotation" else file.module
    enter("net", LAUNCHED - 5, 20)
    launched(file, NODES, around=None)
    enter("step", LAUNCHED + 90, 20)
    launched(file, NODES, LAUNCHED + 100, correlation=2, around=None, device_ts=2 * DEVICE)
    trace = opened(file, tmp_path)
    found = trace.kernels(ranges)["owner"].tolist()  # type: ignore[arg-type]
    assert found[:4] == [f"net > {layer}" for layer in OWNERS]
    assert found[4:] == [f"step > {layer}" for layer in OWNERS]
    assert trace.layers(ranges)["device_self_ns"].sum() == 96  # type: ignore[arg-type]


def test_order_of_events_does_not_matter(tmp_path: Path) -> None:
    file = graphed()
    launched(file, NODES, LAUNCHED + 100, correlation=2, device_ts=2 * DEVICE)
    expected = opened(file, tmp_path)
    random = np.random.default_rng(1)
    for _ in range(5):
        file.events = [file.events[place] for place in random.permutation(len(file.events))]
        found = opened(file, tmp_path)
        assert found.layers().to_csv() == expected.layers().to_csv()
        assert owners(found) == owners(expected)
