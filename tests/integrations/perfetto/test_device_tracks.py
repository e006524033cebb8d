"""Each module as a slice over exactly its own kernels, on tracks where slices nest."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.exports import (
    exported_tracks,
    forward,
    shown,
)
from tests.support.tracefile import TraceFile


def test_slices_cover_their_own_kernels_and_nest(tmp_path: Path) -> None:
    file = forward()
    file.kernel(1, 1000, 10)
    file.kernel(2, 1020, 10)
    file.kernel(3, 1035, 5)
    file.kernel(4, 1040, 20)
    tracks = exported_tracks(file, tmp_path)
    assert {key: shown(slices) for key, slices in tracks.items()} == {
        ("GPU 0 layers", "layers on stream 7"): [
            ("net", 1000, 1060),
            ("a", 1020, 1040),
            ("b", 1040, 1060),
        ]
    }
    (slices,) = tracks.values()
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
    tracks = exported_tracks(file, tmp_path)
    assert {key[1]: shown(slices) for key, slices in tracks.items()} == {
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
    tracks = exported_tracks(file, tmp_path)
    assert {key[1]: shown(slices) for key, slices in tracks.items()} == {
        "layers on stream 7, thread 1": [("net", 1001, 1061)],
        "layers on stream 7, thread 2": [("net", 1002, 1062)],
    }


def test_what_overlaps_on_one_stream_goes_to_a_spare_track(tmp_path: Path) -> None:
    file = forward()
    file.kernel(1, 1000, 10)
    file.kernel(2, 1020, 10)
    file.kernel(3, 1040, 20)
    file.kernel(4, 1050, 50)  # begins before the last kernel of net.a ends
    tracks = exported_tracks(file, tmp_path)
    assert {key[1]: shown(slices) for key, slices in tracks.items()} == {
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
    ((key, slices),) = exported_tracks(file, tmp_path).items()
    assert key == ("GPU 0 layers", "layers on stream 7")
    assert shown(slices) == [
        ("net", 1000, 1010),
        ("a", 1000, 1010),
        ("net (backward)", 1500, 1530),
        ("a", 1500, 1530),
    ]
    assert [one.args["phase"] for one in slices] == ["forward"] * 2 + ["backward"] * 2


def test_kernels_without_an_owner_are_in_no_slice(tmp_path: Path) -> None:
    file = forward()
    file.launch(9, 500)
    file.kernel(1, 1000, 10)
    file.kernel(9, 1020, 10)
    file.kernel(77, 1040, 10)
    (slices,) = exported_tracks(file, tmp_path).values()
    assert shown(slices) == [("net", 1000, 1010)]


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
    exported_tracks(file, tmp_path_factory.mktemp("crossing"))
