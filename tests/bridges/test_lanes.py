"""Lanes: each module as a slice over exactly its own kernels, on tracks where slices nest."""

import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.traces import Hard, write_trace
from samprof.bridges.lanes_export import export
from samprof.trace import load_trace
from samprof.trace.ranges import By
from samprof.trace.window import within
from tests.support.lanes import (
    CATEGORY,
    Lane,
    assert_nested,
    assert_of_their_kernels,
    events_of,
    lanes_of,
)
from tests.support.tracefile import TraceFile

SHARED = Path(
    os.environ.get("SAMPROF_SHARED_TRACES")
    or Path(__file__).resolve().parents[2].parent / "shared" / "traces"
)


def exported(file: TraceFile, folder: Path) -> dict[tuple[str, str], list[Lane]]:
    source = file.write(folder / "trace.json")
    export(source, folder / "out.json.gz", lanes=True)
    lanes = lanes_of(folder / "out.json.gz")
    assert_nested(lanes)
    assert_of_their_kernels(lanes, load_trace(source), "auto")
    return lanes


def shown(slices: list[Lane]) -> list[tuple[str, int, int]]:
    return [(one.name, one.start, one.end) for one in slices]


def forward() -> TraceFile:
    """Range net [0, 100) with net.a [10, 40) and net.b [50, 90); one launch in each part of it."""
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.a", 10, 30)
    file.range("net.b", 50, 40)
    for correlation, ts in enumerate((5, 15, 25, 60), 1):
        file.launch(correlation, ts)
    return file


def test_slices_cover_their_own_kernels_and_nest(tmp_path: Path) -> None:
    file = forward()
    file.kernel(1, 1000, 10)
    file.kernel(2, 1020, 10)
    file.kernel(3, 1035, 5)
    file.kernel(4, 1040, 20)
    lanes = exported(file, tmp_path)
    assert {key: shown(slices) for key, slices in lanes.items()} == {
        ("GPU 0 layers", "layers on stream 7"): [
            ("net", 1000, 1060),
            ("a", 1020, 1040),
            ("b", 1040, 1060),
        ]
    }
    (slices,) = lanes.values()
    assert [one.args for one in slices] == [
        {"path": "net", "kernels": 4, "kernel_ns": 45, "phase": "forward"},
        {"path": "net.a", "kernels": 2, "kernel_ns": 15, "phase": "forward"},
        {"path": "net.b", "kernels": 1, "kernel_ns": 20, "phase": "forward"},
    ]


def test_a_call_has_a_slice_on_each_stream_that_it_uses(tmp_path: Path) -> None:
    file = forward()
    file.kernel(1, 1000, 10)
    file.kernel(2, 1005, 50, stream=20)
    file.kernel(3, 1010, 10)
    file.kernel(4, 1030, 5)
    lanes = exported(file, tmp_path)
    assert {key[1]: shown(slices) for key, slices in lanes.items()} == {
        "layers on stream 7": [("net", 1000, 1035), ("a", 1010, 1020), ("b", 1030, 1035)],
        "layers on stream 20": [("net", 1005, 1055), ("a", 1005, 1055)],
    }


def test_threads_have_tracks_of_their_own(tmp_path: Path) -> None:
    file = TraceFile()
    for thread in (1, 2):
        file.range("net", 0, 100, thread)
        file.launch(thread, 5, thread=thread)
        file.launch(thread + 2, 15, thread=thread)
        file.kernel(thread, 1000 + thread, 10)
        file.kernel(thread + 2, 1050 + thread, 10)
    lanes = exported(file, tmp_path)
    assert {key[1]: shown(slices) for key, slices in lanes.items()} == {
        "layers on stream 7, thread 1": [("net", 1001, 1061)],
        "layers on stream 7, thread 2": [("net", 1002, 1062)],
    }


def test_what_overlaps_on_one_stream_goes_to_a_spare_track(tmp_path: Path) -> None:
    file = forward()
    file.kernel(1, 1000, 10)
    file.kernel(2, 1020, 10)
    file.kernel(3, 1040, 20)
    file.kernel(4, 1050, 50)  # begins before the last kernel of net.a ends
    lanes = exported(file, tmp_path)
    assert {key[1]: shown(slices) for key, slices in lanes.items()} == {
        "layers on stream 7": [("net", 1000, 1100), ("a", 1020, 1060)],
        "layers on stream 7 (spare 1)": [("net.b", 1050, 1100)],
    }


def test_the_backward_of_a_call_is_a_slice_of_its_own(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.a", 10, 80)
    file.op("aten::mm", 20, 10, sequence=3)
    file.launch(1, 25)
    file.kernel(1, 1000, 10)
    file.op("MmBackward0", 300, 20, 2, sequence=3, forward_thread=1)
    file.launch(2, 305, thread=2)
    file.launch(3, 310, thread=2)
    file.kernel(2, 1500, 10)
    file.kernel(3, 1520, 10)
    ((key, slices),) = exported(file, tmp_path).items()
    assert key == ("GPU 0 layers", "layers on stream 7")
    assert shown(slices) == [
        ("net", 1000, 1010),
        ("a", 1000, 1010),
        ("net (backward)", 1500, 1530),
        ("a", 1500, 1530),
    ]
    assert [one.args["phase"] for one in slices] == ["forward"] * 2 + ["backward"] * 2


def test_each_device_has_a_process_sorted_beside_it(tmp_path: Path) -> None:
    file = forward()
    for correlation, device in ((1, 0), (2, 1), (3, 1), (4, 0)):
        file.kernel(correlation, 1000 + 100 * correlation, 10, device=device)
    for device, index in ((0, 31), (1, 32)):
        file.event(None, "process_sort_index", 0, 0, pid=device, ph="M", args={"sort_index": index})
    assert set(exported(file, tmp_path)) == {
        ("GPU 0 layers", "layers on stream 7"),
        ("GPU 1 layers", "layers on stream 7"),
    }
    index = {
        event["pid"]: event["args"]["sort_index"]
        for event in events_of(tmp_path / "out.json.gz")
        if event["name"] == "process_sort_index" and event.get("cat") == CATEGORY
    }
    assert index == {5_000_000: 31, 5_000_001: 32}


def test_lanes_keep_clear_of_processes_that_are_there(tmp_path: Path) -> None:
    file = forward()
    file.pid = 5_000_000
    for event in file.events:
        event["pid"] = 5_000_000
    file.kernel(1, 1000, 10)
    exported(file, tmp_path)
    lanes = [e for e in events_of(tmp_path / "out.json.gz") if e.get("cat") == CATEGORY]
    assert {event["pid"] for event in lanes} == {5_000_001}


def test_types_and_roles_stand_beside_a_slice_and_names_are_text(tmp_path: Path) -> None:
    file = TraceFile()
    name = 'samprof:<b> "x" \\ é'  # as it comes out of the encoded name below
    file.range("samprof:<b> %22x%22 %5C %C3%A9", 0, 100)
    file.launch(1, 5)
    file.kernel(1, 1000, 10)
    file.metadata["samprof"] = {"modules": {name: ["Net", "image encoder"]}}
    (slices,) = exported(file, tmp_path).values()
    # In brackets: else samprof would take the slice for a range.
    assert shown(slices) == [(f"({name})", 1000, 1010)]
    assert slices[0].args == {
        "path": name,
        "kernels": 1,
        "kernel_ns": 10,
        "type": "Net",
        "role": "image encoder",
        "phase": "forward",
    }


def test_kernels_without_an_owner_are_in_no_slice(tmp_path: Path) -> None:
    file = forward()
    file.launch(9, 500)
    file.kernel(1, 1000, 10)
    file.kernel(9, 1020, 10)
    file.kernel(77, 1040, 10)
    (slices,) = exported(file, tmp_path).values()
    assert shown(slices) == [("net", 1000, 1010)]


def test_lanes_are_made_anew_not_twice(tmp_path: Path) -> None:
    file = forward()
    for correlation in (1, 2, 3, 4):
        file.kernel(correlation, 1000 + 20 * correlation, 10)
    once = exported(file, tmp_path)
    export(tmp_path / "out.json.gz", tmp_path / "again.json.gz", lanes=True)
    assert lanes_of(tmp_path / "again.json.gz") == once
    export(tmp_path / "out.json.gz", tmp_path / "copy.json.gz")
    assert lanes_of(tmp_path / "copy.json.gz") == once


@st.composite
def crossing_work(draw: st.DrawFn) -> TraceFile:
    """Nested calls on two threads whose kernels lie anywhere on two streams."""
    file = TraceFile()
    correlation = 0
    for thread in (1, 2):
        for call in range(draw(st.integers(1, 3))):
            start = 1000 * call
            file.range("net", start, 900, thread)
            for block in range(3):
                file.range(f"net.{block}", start + 10 + 250 * block, 240, thread)
                file.range(f"net.{block}.attn", start + 20 + 250 * block, 100, thread)
                for offset in draw(st.lists(st.integers(0, 240), max_size=3)):
                    correlation += 1
                    file.launch(correlation, start + 10 + 250 * block + offset, thread=thread)
                    ts, dur = draw(st.integers(0, 60)), draw(st.integers(0, 20))
                    file.kernel(correlation, ts, dur, stream=draw(st.sampled_from([7, 20])))
    return file


@settings(max_examples=30)
@given(file=crossing_work())
def test_slices_nest_whatever_ran_when(
    tmp_path_factory: pytest.TempPathFactory, file: TraceFile
) -> None:
    exported(file, tmp_path_factory.mktemp("crossing"))


REAL = sorted(path.name for path in SHARED.glob("*.json*") if path.name != "expected.json")
MADE_UP = {
    "plain": Hard(),
    "hard": Hard(backward=True, two_threads=True, graphs=True, outside=True, no_launch=0.1),
}
CASES: list[tuple[str, By]] = [
    *((name, "auto") for name in [*MADE_UP, *REAL]),
    *((name, "op") for name in ("plain", "alexnet-a100.json.gz", "minitoy-train-mi250.json.gz")),
]


@pytest.mark.parametrize(("name", "by"), CASES)
def test_an_export_reads_as_its_window_and_its_lanes_add_up(
    name: str, by: By, tmp_path: Path
) -> None:
    source = SHARED / name
    if name in MADE_UP:
        source = tmp_path / "made-up.json.gz"
        write_trace(source, 10_000, MADE_UP[name], steps=2)
    elif not source.exists():
        pytest.skip(f"no shared traces in {SHARED}; set SAMPROF_SHARED_TRACES to their folder")
    trace = load_trace(source)
    target = tmp_path / "lanes.json.gz"
    result = export(source, target, lanes=True, by=by)
    steps = [step for step in trace.steps() if step[0] in result.steps]
    window = within(trace, steps[0][1], steps[-1][2]) if steps else trace
    read = load_trace(target)
    pd.testing.assert_frame_equal(read.layers(by), window.layers(by))
    pd.testing.assert_frame_equal(read.kernels(by), window.kernels(by))
    assert read.check(by) == window.check(by)
    lanes = lanes_of(target)
    assert_nested(lanes)
    assert_of_their_kernels(lanes, window, by)


def test_hta_counts_the_same_with_lanes_and_without(tmp_path: Path) -> None:
    from samprof.bridges.hta import trace_analysis

    hard = Hard(backward=True, two_threads=True, graphs=True)
    write_trace(tmp_path / "trace.json.gz", 10_000, hard, steps=1)
    found = []
    for name, lanes in (("plain", False), ("lanes", True)):
        target = tmp_path / name / "trace.json.gz"
        target.parent.mkdir()
        export(tmp_path / "trace.json.gz", target, lanes=lanes)
        analysis = trace_analysis({0: target})
        found.append(
            [
                *analysis.get_gpu_kernel_breakdown(visualize=False),
                analysis.get_temporal_breakdown(visualize=False),
                analysis.get_idle_time_breakdown(visualize=False)[0],
                analysis.get_cuda_kernel_launch_stats(visualize=False)[0],
            ]
        )
    assert len(lanes_of(tmp_path / "lanes" / "trace.json.gz")) == 6
    for plain, with_lanes in zip(*found, strict=True):
        pd.testing.assert_frame_equal(plain, with_lanes)
