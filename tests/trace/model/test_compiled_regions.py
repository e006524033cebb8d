"""Compiled regions, split by the provenance in the trace's metadata: exact times of hand-made traces."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samprof.trace import Trace
from tests.support.compiled import CALL, DURATIONS, KERNELS, KEY, LAYERS, compiled_file
from tests.support.tables import opened
from tests.support.tracefile import TraceFile

NAMES = [name for name, _ in KERNELS]
NOT_SPLIT = "compiled region, not split"


def own(trace: Trace) -> dict[str, int]:
    """Path -> CPU time of its own."""
    return {row["path"]: row["cpu_self_ns"] for row in rows_of(trace)}


def note(trace: Trace, path: str = "net") -> str:
    return next(str(row["note"]) for row in rows_of(trace) if row["path"] == path)


def rows_of(trace: Trace) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = trace.layers().to_dict("records")
    return records


def test_each_kernel_belongs_to_its_layer_or_to_a_set_of_layers(tmp_path: Path) -> None:
    trace = opened(compiled_file(), tmp_path)
    assert own(trace) == {
        # The call of net without the kernels below: those of its own addition, and of none, stay.
        "net": 2 * CALL - 20 - 300 - 4_000 - 50_000,
        "net.blocks.0": 0,
        "net.blocks.0.norm": 20,
        "net.blocks.0.(self) + norm": 300,
        "net.head": 4_000,
        "net.blocks.0 + head": 50_000,
        "(outside)": 0,
    }
    assert trace.check().ok
    # Of the 1 ms of the graph.
    assert note(trace) == (
        "compiled region, split by what its kernels were made from: "
        f"{1 - 54_320 / CALL:.1%} stays here"
    )


def test_rows_come_as_a_tree_and_calls_count_once_in_a_call_of_the_graph(tmp_path: Path) -> None:
    rows = rows_of(opened(compiled_file(calls=3), tmp_path))
    assert [(row["path"], row["depth"], row["calls"]) for row in rows[:-1]] == [
        ("net", 0, 3),
        ("net.blocks.0", 1, 3),
        ("net.blocks.0.norm", 2, 3),
        ("net.blocks.0.(self) + norm", 2, 3),
        ("net.head", 1, 3),
        ("net.blocks.0 + head", 1, 3),
    ]
    assert rows[1]["cpu_total_ns"] == 3 * 320


def test_a_set_has_the_role_of_its_layers_or_of_what_is_around_them(tmp_path: Path) -> None:
    rows = {row["path"]: row for row in rows_of(opened(compiled_file(), tmp_path))}
    found = [
        (rows[path]["type"], rows[path]["role"])
        for path in ("net.blocks.0.(self) + norm", "net.blocks.0 + head", "net.head")
    ]
    assert found == [("fused", "block"), ("fused", "whole"), ("Linear", "head")]


def test_device_time_is_split_as_the_ops_that_launched_it(tmp_path: Path) -> None:
    file = compiled_file()
    # In the kernel of head (from 200 + 1 + 20 + 300 + 3 * 10 on), and in that of no layer at the end.
    for correlation, moment, dur in ((1, 600, 70), (2, 60_000, 11), (3, 900_000, 5)):
        file.launch(correlation, moment)
        file.kernel(correlation, 5_000_000 + moment, dur)
    trace = opened(file, tmp_path)
    rows = {row["path"]: row["device_self_ns"] for row in rows_of(trace)}
    assert {path: time for path, time in rows.items() if time} == {"net.head": 70, "net": 16}
    assert note(trace).endswith(f"{16 / 86:.1%} stays here")
    assert trace.check().ok


def test_triton_kernels_are_found_by_the_range_that_bears_their_name(tmp_path: Path) -> None:
    kernels = [["triton_poi_fused_add_0", [3]], ["triton_per_fused_norm_1", [2]]]
    names = [str(name) for name, _ in kernels]
    compiled = {KEY: {"layers": LAYERS, "kernels": kernels}}
    file = compiled_file(names=names, compiled=compiled)
    for correlation, moment in ((1, 200), (2, 212)):
        file.launch(correlation, moment, name="cuLaunchKernel", cat="cuda_driver")
        file.kernel(correlation, 5_000_000 + moment, 8, name=names[correlation - 1])
    trace = opened(file, tmp_path)
    rows = {row["path"]: row["device_self_ns"] for row in rows_of(trace)}
    assert (rows["net.head"], rows["net.blocks.0.norm"], rows["net"]) == (8, 8, 0)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([*NAMES[:3], *NAMES[4:]], "it ran 5 kernels, not the 6 of its provenance in their order"),
        ([NAMES[1], NAMES[0], *NAMES[2:]], "it ran 6 kernels, not the 6"),
        ([*NAMES[:3], NAMES[2], NAMES[3], NAMES[4]], "it ran 6 kernels, not the 5"),
        (["aten::add"], "none of its kernels is in the trace"),
        ([], "none of its kernels is in the trace"),
    ],
)
def test_what_ran_otherwise_is_not_split(tmp_path: Path, names: list[str], said: str) -> None:
    trace = opened(compiled_file(names=names), tmp_path)
    assert said in note(trace)
    assert set(own(trace)) == {"net", "(outside)"}
    assert trace.check().ok


def test_only_the_calls_that_ran_otherwise_are_not_split(tmp_path: Path) -> None:
    file = compiled_file(calls=3)
    second = [event for event in file.events if event["name"] == "aten::addmm"][2]
    file.events.remove(second)
    trace = opened(file, tmp_path)
    assert own(trace)["net.blocks.0.(self) + norm"] == 600
    assert note(trace).startswith("compiled region, split")
    assert f"{NOT_SPLIT}: it ran 5 kernels, not the 6" in note(trace)
    assert trace.check().ok


def test_a_kernel_whose_name_leaves_no_event_hides_no_other(tmp_path: Path) -> None:
    file = compiled_file(calls=2)
    lost = next(event for event in file.events if event["name"] == "graph_1_cpp_fused_add_norm_1")
    file.events.remove(lost)
    trace = opened(file, tmp_path)
    assert own(trace)["net.blocks.0.(self) + norm"] == 300
    assert own(trace)["net.head"] == 8_000


def test_ops_that_the_provenance_does_not_know_stay(tmp_path: Path) -> None:
    file = compiled_file()
    # Inside the call of the graph, behind its kernels.
    file.op("aten::empty", 900_000, 7)
    trace = opened(file, tmp_path)
    assert own(trace)["net.head"] == 4_000
    assert own(trace)["net"] == 2 * CALL - 54_320


def test_graphs_are_told_apart_by_their_keys(tmp_path: Path) -> None:
    other = {"layers": LAYERS, "kernels": [["cpp_fused_add_0", [3]]]}
    first = compiled_file()
    compiled = {**first.metadata["samprof"]["compiled"], "other": other}
    first.metadata["samprof"]["compiled"] = compiled
    second = compiled_file(names=["cpp_fused_add_0"], key="other")
    for event in second.events:
        event["ts"] += 50_000_000
    first.events += second.events
    trace = opened(first, tmp_path)
    assert own(trace)["net.head"] == 4_000 + DURATIONS[0]
    assert note(trace).startswith("compiled region, split")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"compiled": {}}, 'compile with backend="samprof"'),
        ({"compiled": {}, "compiled_why": "torch 2.0 cannot tell"}, "torch 2.0 cannot tell"),
        ({"compiled": {KEY: {"why": "it was compiled in a function"}}}, "in a function"),
        ({"compiled": {KEY: [1]}}, "damaged"),
        ({"inside": {}}, "net is not the compiled module"),
        ({"inside": {"net": {"blocks.0": "Block"}}}, "its modules are not those of net"),
    ],
)
def test_what_cannot_be_split_says_why(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    trace = opened(compiled_file(calls=2, **changes), tmp_path)
    assert note(trace).startswith(f"{NOT_SPLIT}: ")
    assert said in note(trace)
    assert note(trace).endswith("(2 calls)")
    assert own(trace) == {"net": 4 * CALL, "(outside)": 0}


def test_a_graph_outside_of_every_range_is_left_alone(tmp_path: Path) -> None:
    file = compiled_file()
    file.events = [event for event in file.events if not event["name"].startswith("samprof:")]
    assert opened(file, tmp_path).check().ok


@settings(max_examples=60, deadline=None)
@given(
    kernels=st.lists(
        st.tuples(
            st.sampled_from(["cpp_fused_a_0", "cpp_fused_b_1", "aten::mm", "aten::bmm"]),
            st.lists(st.integers(0, 3), max_size=4, unique=True),
            st.integers(0, 1_000),
        ),
        max_size=6,
    ),
    calls=st.integers(1, 3),
)
def test_a_split_keeps_every_nanosecond(
    tmp_path_factory: pytest.TempPathFactory, kernels: list[tuple[str, list[int], int]], calls: int
) -> None:
    file = TraceFile()
    listed = [[name, places] for name, places, _ in kernels]
    file.metadata["samprof"] = compiled_file().metadata["samprof"] | {
        "compiled": {KEY: {"layers": LAYERS, "kernels": listed}}
    }
    correlation = 0
    for call in range(calls):
        moment = 100_000 * call
        file.range("net", moment, 50_000)
        file.annotation(f"## Call CompiledFxGraph {KEY} ##", moment, 40_000)
        for name, _, dur in kernels:
            file.op(name, moment, dur)
            if dur:
                correlation += 1
                file.launch(correlation, moment)
                file.kernel(correlation, 10**7 + 10**4 * correlation, 100 + dur)
            moment += dur + 1
    trace = opened(file, tmp_path_factory.mktemp("split"))
    check = trace.check()
    assert check.ok, check.notes
    assert check.outside_ns == 0
    layers = trace.layers()
    assert layers["device_self_ns"].sum() == check.total_ns if trace.has_device_time else True
    assert layers["cpu_self_ns"].sum() == 50_000 * calls
    assert not [path for path in layers["path"] if path.endswith(("blocks", "."))]
