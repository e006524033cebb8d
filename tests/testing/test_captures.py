"""Generated captures: split as they were made; one change to the trace, and nothing is split by them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samprof.testing import TraceOptions, Truth, write_trace
from samprof.trace import Trace, load_trace
from tests.support.tables import assert_adds_up

KINDS = ("cudaLaunchKernel", "cudaMemsetAsync", "cudaMemcpyAsync")
few = settings(max_examples=15, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Truth, Path]:
    path = tmp_path_factory.mktemp("captures") / "trace.json"
    truth = write_trace(path, 4_400, TraceOptions(graphs=True, captures=2), seed=3, steps=1)
    return json.loads(path.read_text()), truth, path


Made = tuple[dict[str, Any], Truth, Path]


def captured(events: list[dict[str, Any]]) -> list[int]:
    """Places of the launches in the first capture, in order of time."""
    begin = next(one for one in events if one["name"] == "cudaStreamBeginCapture")
    end = next(one for one in events if one["name"] == "cudaStreamEndCapture")
    found = [
        place
        for place, one in enumerate(events)
        if one["name"] in KINDS and begin["ts"] < one["ts"] < end["ts"]
    ]
    return sorted(found, key=lambda place: events[place]["ts"])


def ran(events: list[dict[str, Any]]) -> list[int]:
    """Places of the activities of the first launch of the first graph, in order of time."""
    launch = next(one for one in events if one["name"] == "cudaGraphLaunch")
    found = [
        place
        for place, one in enumerate(events)
        if one.get("cat") in ("kernel", "gpu_memset", "gpu_memcpy")
        and one["args"]["correlation"] == launch["args"]["correlation"]
    ]
    return sorted(found, key=lambda place: events[place]["ts"])


def opened(made: Made, events: list[dict[str, Any]]) -> Trace:
    path = made[2].with_name("changed.json")
    path.write_text(json.dumps({**made[0], "traceEvents": events}))
    return load_trace(path)


def assert_only_the_first_is_not_split(trace: Trace, launches: int, reason: str) -> None:
    reasons = [one.reason for one in trace.graphs()]
    assert reasons[launches:] == [""] * (4 - launches)
    assert set(reasons[:launches]) == {reason}
    assert_adds_up(trace, "samprof")
    notes = trace.layers("samprof").set_index("path").loc["image_encoder", "note"]
    assert reason in notes


def test_all_are_split(made: Made) -> None:
    trace = load_trace(made[2])
    assert [one.reason for one in trace.graphs()] == [""] * 4
    assert trace.check().notes[0] == f"{made[1].captured} launches captured into a graph"
    assert_adds_up(trace, "samprof")
    assert_adds_up(trace, "op")


@given(data=st.data())
@few
def test_one_captured_launch_less_and_both_launches_are_whole(
    made: Made, data: st.DataObject
) -> None:
    events = list(made[0]["traceEvents"])
    places = captured(events)
    del events[data.draw(st.sampled_from(places))]
    trace = opened(made, events)
    reason = f"{len(places) - 1} launches were captured"
    assert_only_the_first_is_not_split(trace, 2, reason)
    assert trace.check().ok


@given(data=st.data())
@few
def test_two_captured_launches_of_different_kind_swapped_and_both_launches_are_whole(
    made: Made, data: st.DataObject
) -> None:
    events = list(made[0]["traceEvents"])
    places = captured(events)
    one = data.draw(st.sampled_from(places))
    other = data.draw(
        st.sampled_from([place for place in places if events[place]["name"] != events[one]["name"]])
    )
    for place, name in ((one, events[other]["name"]), (other, events[one]["name"])):
        events[place] = {**events[place], "name": name}
    first = min(places.index(one), places.index(other)) + 1
    words = {
        "cudaLaunchKernel": "a kernel",
        "cudaMemsetAsync": "a fill",
        "cudaMemcpyAsync": "a copy",
    }
    was, now = (
        words[made[0]["traceEvents"][place]["name"]]
        for place in sorted((one, other), key=places.index)
    )
    reason = f"number {first} is {was}, the launch captured there {now}"
    assert_only_the_first_is_not_split(opened(made, events), 2, reason)


@given(data=st.data())
@few
def test_one_kernel_more_and_that_launch_is_whole(made: Made, data: st.DataObject) -> None:
    events = list(made[0]["traceEvents"])
    places = ran(events)
    like = events[data.draw(st.sampled_from(places))]
    last = events[places[-1]]
    events.append({**like, "cat": "kernel", "ts": last["ts"] + last["dur"] + 1, "dur": 1})
    trace = opened(made, events)
    assert_only_the_first_is_not_split(trace, 1, f"{len(places)} launches were captured")


@given(data=st.data())
@few
def test_one_kernel_less_is_a_lost_record(made: Made, data: st.DataObject) -> None:
    events = list(made[0]["traceEvents"])
    places = ran(events)
    del events[data.draw(st.sampled_from(places))]
    trace = opened(made, events)
    assert_only_the_first_is_not_split(trace, 1, f"{len(places)} launches were captured")
    check = trace.check()
    assert (check.ok, check.lost_records) == (False, 1)
