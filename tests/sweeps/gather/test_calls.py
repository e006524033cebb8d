"""The calls of the root: which root, where each call begins and ends, what belongs to it."""

from pathlib import Path

import pytest

from samprof.errors import UsageError
from samprof.sweeps.gather.calls import calls_of, kind_for, without_steps
from tests.support.calls import FIXED, GAP, PATHS, PER_IMAGE, calls, wall_of
from tests.support.tables import opened

START = 10_000


@pytest.mark.parametrize("kind", ["samprof", "module", "annotation"])
def test_each_call_of_the_root_is_a_part_of_the_trace(kind: str, tmp_path: Path) -> None:
    trace = opened(calls(kind, [1, 4]), tmp_path)
    found = calls_of(trace, "x", kind, None)  # type: ignore[arg-type]
    assert found.root == PATHS[kind][0]
    second = START + wall_of(1) + GAP
    assert [call.span for call in found.calls] == [
        (START, START + wall_of(1)),
        (second, second + wall_of(4)),
    ]
    assert [call.wall_ns for call in found.calls] == [wall_of(1), wall_of(4)]
    assert [call.size for call in found.calls] == [1, 4]
    times = [call.trace.layers(kind).set_index("path")["cpu_total_ns"] for call in found.calls]  # type: ignore[arg-type]
    assert [time[PATHS[kind][2]] for time in times] == [PER_IMAGE, 4 * PER_IMAGE]
    assert [time[PATHS[kind][1]] for time in times] == [FIXED, FIXED]


def test_ops_alone_have_no_root_and_count_by_step(tmp_path: Path) -> None:
    trace = opened(calls("op", [1, 4], steps=True), tmp_path)
    found = calls_of(trace, "x", "op", None)
    assert found.root == ""
    assert [call.wall_ns for call in found.calls] == [wall_of(1) + 100, wall_of(4) + 100]
    whole = calls_of(opened(calls("op", [1, 4]), tmp_path), "x", "op", None)
    assert [call.wall_ns for call in whole.calls] == [wall_of(1) + GAP + wall_of(4) + 1]


def test_a_device_works_on_after_the_host(tmp_path: Path) -> None:
    trace = opened(calls("samprof", [2], kernels=True), tmp_path)
    (call,) = calls_of(trace, "x", "samprof", None).calls
    assert call.wall_ns == wall_of(2) + PER_IMAGE


def test_a_call_is_a_step_where_it_is_trained(tmp_path: Path) -> None:
    file = calls("samprof", [2], kernels=True, steps=True)
    file.op("aten::mm", START + 5, 10, sequence=3)
    backward = START + wall_of(2) + 10
    file.op("MmBackward0", backward, 20, 2, sequence=3, forward_thread=1)
    file.launch(9, backward + 1, 1, 2)
    file.kernel(9, backward + 5000, 70)
    (call,) = calls_of(opened(file, tmp_path), "x", "samprof", None).calls
    assert call.span == (START - 50, START + wall_of(2) + 50)
    assert call.wall_ns == backward + 5070 - (START - 50)
    assert call.trace.layers("samprof")["device_total_ns"].iloc[0] == PER_IMAGE + 70


def test_the_root_is_the_one_that_takes_most_time(tmp_path: Path) -> None:
    file = calls("module", [8])
    file.module("Tokenizer_0", 100, 50)
    assert calls_of(opened(file, tmp_path), "x", "module", None).root == "Net_0"


def test_the_recorded_root_is_taken_where_it_is_known(tmp_path: Path) -> None:
    file = calls("samprof", [8])
    file.range("small", 100, 50)
    file.metadata["samprof"]["roots"] = ["net", "small"]
    assert calls_of(opened(file, tmp_path), "x", "samprof", "small").root == "small"


def test_a_root_that_was_not_called_is_an_error(tmp_path: Path) -> None:
    trace = opened(calls("samprof", [8]), tmp_path)
    with pytest.raises(
        UsageError, match="x: no call of encoder was recorded; call the module inside"
    ):
        calls_of(trace, "x", "samprof", "encoder")


def test_overlapping_calls_cannot_be_told_apart(tmp_path: Path) -> None:
    file = calls("samprof", [8])
    file.events += calls("samprof", [8], start=START + 5, thread=2).events
    with pytest.raises(UsageError, match="calls of net overlap on several threads"):
        calls_of(opened(file, tmp_path), "x", "samprof", None)


def test_the_kind_is_the_first_that_all_traces_have(tmp_path: Path) -> None:
    traces = {
        kind: opened(calls(kind, [1], steps=True), tmp_path)
        for kind in ("samprof", "module", "annotation", "op")
    }
    assert kind_for([traces["samprof"]], "auto") == "samprof"
    assert kind_for([traces["module"], traces["module"]], "auto") == "module"
    assert kind_for([traces["annotation"]], "auto") == "annotation"
    assert kind_for([traces["op"]], "auto") == "op"  # steps are no annotations of layers
    assert kind_for([traces["samprof"], traces["module"]], "auto") == "op"
    assert kind_for([traces["samprof"]], "op") == "op"
    with pytest.raises(UsageError, match="a trace has no module ranges"):
        kind_for([traces["samprof"], traces["module"]], "module")


def test_steps_own_nothing(tmp_path: Path) -> None:
    trace = opened(calls("annotation", [1], steps=True), tmp_path)
    assert "ProfilerStep#0" in trace.layers("annotation")["path"].tolist()
    assert without_steps(trace).layers("annotation")["path"].tolist()[:3] == list(
        PATHS["annotation"]
    )


def test_time_outside_of_the_root_is_told(tmp_path: Path) -> None:
    file = calls("module", [2])
    file.module("Tokenizer_0", 100, wall_of(2) // 4)
    assert calls_of(opened(file, tmp_path), "x", "module", None).outside == pytest.approx(0.2)
    assert calls_of(opened(calls("module", [2]), tmp_path), "x", "module", None).outside == 0
