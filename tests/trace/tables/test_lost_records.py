"""What is captured is not lost; what a graph launch lacks is found where it can be."""

from pathlib import Path

import pytest

from tests.support.graphed import DEVICE, LAUNCHED, NODES, Node, captured, graphed, launched
from tests.support.tables import opened
from tests.support.tracefile import TraceFile

TEN = [Node("net.a", f"aten::op{number}", f"kernel{number}", 500) for number in range(10)]


def replays(count: int, nodes: list[Node] = TEN, *, ids: bool = False) -> TraceFile:
    """Launches of one graph whose capture is not in the file."""
    file = TraceFile()
    for number in range(count):
        launched(
            file,
            nodes,
            LAUNCHED + 100 * number,
            correlation=1 + number,
            device_ts=DEVICE * (1 + number),
            ids=[(5 << 32) + place for place in range(len(nodes))] if ids else None,
        )
    return file


def without(file: TraceFile, correlation: int, place: int) -> TraceFile:
    """The file without one activity of a launch."""
    ran = [
        event
        for event in file.events
        if event["pid"] == 0 and event["args"]["correlation"] == correlation
    ]
    file.events.remove(ran[place])
    return file


def test_captured_launches_are_counted_and_not_lost(tmp_path: Path) -> None:
    file = graphed()
    check = opened(file, tmp_path).check()
    assert (check.ok, check.lost_records) == (True, 0)
    assert check.notes[0] == "4 launches captured into a graph"
    file.launch(900, 3_000)
    check = opened(file, tmp_path).check()
    assert (check.ok, check.lost_records) == (False, 1)


@pytest.mark.parametrize("place", range(10))
def test_every_activity_that_a_captured_graph_lacks_is_found(tmp_path: Path, place: int) -> None:
    file = TraceFile()
    captured(file, TEN)
    launched(file, TEN)
    trace = opened(without(file, 1, place), tmp_path)
    assert trace.check().lost_records == 1
    assert trace.graphs()[0].reason == "10 launches were captured"


@pytest.mark.parametrize("place", range(10))
def test_with_ids_of_nodes_other_launches_tell_what_is_missing(tmp_path: Path, place: int) -> None:
    assert opened(replays(2, ids=True), tmp_path).check().lost_records == 0
    file = without(replays(2, ids=True), 2, place)
    assert opened(file, tmp_path).check().lost_records == 1


@pytest.mark.parametrize("place", range(1, 9))
def test_without_ids_the_hole_that_it_left_tells(tmp_path: Path, place: int) -> None:
    assert opened(without(replays(3), 2, place), tmp_path).check().lost_records == 1


@pytest.mark.parametrize("place", [0, 9])
def test_the_first_and_the_last_leave_no_hole(tmp_path: Path, place: int) -> None:
    assert opened(without(replays(3), 2, place), tmp_path).check().lost_records == 0


def test_another_graph_that_never_had_the_kernel_lost_nothing(tmp_path: Path) -> None:
    file = replays(3)
    launched(file, [*TEN[:4], *TEN[5:]], LAUNCHED + 900, correlation=9, device_ts=9 * DEVICE)
    check = opened(file, tmp_path).check()
    assert (check.ok, check.lost_records) == (True, 0)


def test_a_graph_much_smaller_than_the_capture_is_another_one(tmp_path: Path) -> None:
    file = TraceFile()
    captured(file, TEN)
    launched(file, TEN[:5])
    check = opened(file, tmp_path).check()
    assert (check.ok, check.lost_records) == (True, 0)


def test_steps_that_capture_need_not_have_as_many_kernels(tmp_path: Path) -> None:
    file = graphed()
    for number in range(1, 4):
        ts = LAUNCHED + 1_000 * number
        launched(file, NODES, ts, correlation=number + 1, device_ts=DEVICE * (number + 1))
        file.step(number, ts - 500, 1_000)
    file.launch(800, 950)
    file.kernel(800, DEVICE - 500, 10)
    file.step(0, 0, LAUNCHED + 500)
    assert opened(file, tmp_path).check().ok
