"""Graph launches are split where number, kinds and names agree with a capture; else it says why not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.graphed import NODES, Node, captured, graphed, launched
from tests.support.tables import opened
from tests.support.tracefile import TraceFile

A, COPY, TRITON, FILL = NODES


def reason(file: TraceFile, folder: Path) -> str:
    """Why the last graph launch is not split."""
    return opened(file, folder).graphs()[-1].reason


def test_a_launch_that_agrees_is_split(tmp_path: Path) -> None:
    assert reason(graphed(), tmp_path) == ""


@pytest.mark.parametrize(
    ("ran", "why"),
    [
        ((A, COPY, TRITON), "4 launches were captured"),
        ((*NODES, A), "4 launches were captured"),
        ((COPY, A, TRITON, FILL), "number 1 is a copy, the launch captured there a kernel"),
        ((A, FILL, TRITON, COPY), "number 2 is a fill, the launch captured there a copy"),
        (
            (A, COPY, replace(TRITON, kernel="triton_poi_fused_gelu_12"), FILL),
            "number 3 is another kernel than was captured there",
        ),
        (
            (A, COPY, replace(TRITON, kernel="gemm"), FILL),
            "number 3 is another kernel than was captured there",
        ),
    ],
)
def test_what_disagrees_is_told(tmp_path: Path, ran: Sequence[Node], why: str) -> None:
    assert reason(graphed(NODES, ran), tmp_path) == why


def test_kernels_of_one_op_of_inductor_have_one_name(tmp_path: Path) -> None:
    twice = (replace(TRITON, kernel="triton__0d1d"), A, replace(TRITON, kernel="triton__0d1d"))
    assert reason(graphed(twice), tmp_path) == ""
    other = (*twice[:2], replace(TRITON, kernel="triton__0d1d2d"))
    assert reason(graphed(twice, other), tmp_path).startswith("number 3 is another kernel")


def test_a_capture_behind_the_launch_is_not_its_own(tmp_path: Path) -> None:
    file = TraceFile()
    captured(file, NODES, 9_000)
    launched(file, NODES)
    assert reason(file, tmp_path) == "its capture is not in the trace"


def test_of_several_captures_the_one_that_fits_is_taken(tmp_path: Path) -> None:
    file = TraceFile()
    captured(file, NODES, 1_000)
    captured(file, NODES[:2], 2_000, first=2_000)
    launched(file, NODES[:2])
    (one,) = opened(file, tmp_path).graphs()
    assert one.capture is not None
    assert one.capture.start == 2_000
    file = TraceFile()
    captured(file, NODES, 1_000)
    captured(file, NODES[:2], 2_000, first=2_000)
    launched(file, NODES[:3])
    assert reason(file, tmp_path) == "none of 2 captures fits"


def test_captures_that_fit_alike_must_not_differ_in_what_they_say(tmp_path: Path) -> None:
    file = TraceFile()
    captured(file, NODES, 1_000)
    captured(file, NODES, 2_000, first=2_000)
    launched(file, NODES)
    assert reason(file, tmp_path) == ""
    captured(file, [replace(A, layer="net.c"), *NODES[1:]], 3_000, first=3_000)
    assert reason(file, tmp_path) == "3 captures fit it that differ in their ops or ranges"


def test_ids_of_nodes_give_the_order_on_any_stream(tmp_path: Path) -> None:
    file = TraceFile()
    captured(file, NODES)
    # They started in another order than they were captured in, on two streams.
    order = (3, 1, 0, 2)
    launched(file, [NODES[number] for number in order], ids=[(5 << 32) + n for n in order])
    for number, event in enumerate(one for one in file.events if one["pid"] == 0):
        event["tid"] = event["args"]["stream"] = 20 + number % 2
    trace = opened(file, tmp_path)
    assert trace.graphs()[0].reason == ""
    ops = trace.kernels().set_index("name")["op"].to_dict()
    assert ops == {node.kernel: node.op for node in NODES}


@pytest.mark.parametrize("ids", [None, [7, 7, 8, 9]], ids=["without", "not distinct"])
def test_branches_without_ids_have_no_order(tmp_path: Path, ids: list[int] | None) -> None:
    file = TraceFile()
    captured(file, NODES)
    launched(file, NODES, ids=ids)
    events = [one for one in file.events if one["pid"] == 0]
    events[1]["args"]["stream"] = events[1]["tid"] = 21
    why = "its activities ran on several streams, and have no ids of graph nodes"
    assert reason(file, tmp_path) == why


def test_activities_that_overlap_have_no_order(tmp_path: Path) -> None:
    file = graphed()
    events = [one for one in file.events if one["pid"] == 0]
    events[1]["ts"] -= 3
    assert reason(file, tmp_path).startswith("its activities overlap")
