"""Captures of earlier recordings, kept in the metadata, split the replays of later ones."""

from pathlib import Path
from typing import Any

import pytest

from samprof.trace import Trace, load_trace
from samprof.trace.model.kept_captures import NOT_KEPT, captures_as_json
from samprof.trace.model.slicing import split_steps
from tests.support.graphed import LAUNCHED, NODES, Node, graphed, launched
from tests.support.tables import opened
from tests.support.tracefile import TraceFile

OWNERS = [node.layer for node in NODES]
MODULES = {"net": ["Net", ""], "net.a": ["A", ""], "net.b": ["B", ""]}


@pytest.fixture
def kept(tmp_path: Path) -> list[dict[str, Any]]:
    """What a recording keeps in which the graph was captured and launched."""
    return captures_as_json(opened(graphed(), tmp_path))


def later(
    kept: list[dict[str, Any]],
    ran: tuple[Node, ...] = NODES,
    modules: dict[str, list[str]] = MODULES,
    **more: Any,
) -> TraceFile:
    """A later recording, in which the graph is only replayed."""
    file = TraceFile()
    launched(file, ran)
    file.metadata["samprof"] = {
        "roots": ["net"],
        "modules": modules,
        "functions": {},
        "captures": kept,
        **more,
    }
    return file


def test_a_replay_is_split_by_what_was_kept(kept: list[dict[str, Any]], tmp_path: Path) -> None:
    trace = opened(later(kept), tmp_path)
    kernels = trace.kernels()
    assert kernels["owner"].tolist() == OWNERS
    assert kernels["op"].tolist() == [node.op for node in NODES]
    assert set(kernels["note"]) == {"from the capture"}
    layers = trace.layers().set_index("path")
    assert layers.index.tolist() == ["net", "net.a", "net.b", "(outside)", "(no launch)"]
    assert layers.loc["net", "device_total_ns"] == 48
    assert layers.loc["net.a", "type"] == "A"
    check = trace.check()
    assert check.ok
    assert check.notes == ("1 graph launch split by the capture: 4 activities",)
    assert "captures" not in trace.recorded


def test_what_the_graph_ran_is_its_fingerprint(kept: list[dict[str, Any]], tmp_path: Path) -> None:
    other = (Node("net.a", "aten::mm", "another_gemm"), *NODES[1:])
    (one,) = opened(later(kept, other), tmp_path).graphs()
    assert one.reason == "number 1 is another kernel than the captured graph ran before"


def test_without_a_launch_of_it_there_are_no_names_to_compare(tmp_path: Path) -> None:
    file = graphed()
    file.events = [one for one in file.events if one["args"].get("correlation") != 1]
    kept = captures_as_json(opened(file, tmp_path))
    assert set(kept[0]["kernel"]) == {-1}
    other = (Node("net.a", "aten::mm", "another_gemm"), *NODES[1:])
    assert opened(later(kept, other), tmp_path).graphs()[0].reason == ""


def test_layers_that_the_later_recording_does_not_know_are_folded(
    kept: list[dict[str, Any]], tmp_path: Path
) -> None:
    modules = {path: about for path, about in MODULES.items() if path != "net.a"}
    trace = opened(later(kept, modules=modules), tmp_path)
    assert trace.kernels()["owner"].tolist() == ["net", "net", "net.b", "net.b"]


def test_captures_of_another_model_are_left_out(kept: list[dict[str, Any]], tmp_path: Path) -> None:
    trace = opened(later(kept, modules={"other": ["Other", ""]}), tmp_path)
    assert trace.captures() == ()
    assert trace.graphs()[0].reason == "its capture is not in the trace"


def test_what_was_kept_is_not_kept_again(kept: list[dict[str, Any]], tmp_path: Path) -> None:
    assert captures_as_json(opened(later(kept), tmp_path)) == []


def test_steps_are_split_too(kept: list[dict[str, Any]], tmp_path: Path) -> None:
    file = later(kept)
    file.step(1, LAUNCHED - 100, 1_000)
    ((_, step),) = split_steps(opened(file, tmp_path))
    assert step.kernels()["owner"].tolist() == OWNERS


def test_the_cache_keeps_them(kept: list[dict[str, Any]], tmp_path: Path) -> None:
    path = later(kept).write(tmp_path / "trace.json")
    expected = load_trace(path, cache=True)
    found = load_trace(path, cache=True)
    assert found.kernels().equals(expected.kernels())


@pytest.mark.parametrize(
    "damage",
    [
        {"kind": [5]},
        {"kind": "text"},
        {"name": [10**9] * 15},
        {"ts": [-5] * 15},
        {"dur": [2**62] * 15},
        {"kernel": [99] * 15},
        {"input": [5] * 15},
        {"kind": [6] * 15},
    ],
)
def test_damaged_ones_are_skipped_and_noted(
    kept: list[dict[str, Any]], tmp_path: Path, damage: dict[str, Any]
) -> None:
    trace = opened(later([{**kept[0], **damage}]), tmp_path)
    assert trace.notes == (NOT_KEPT,)
    assert isinstance(trace, Trace)
    assert trace.kernels()["owner"].tolist() == ["net"] * 4
