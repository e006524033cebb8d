"""Tracks in the file: their processes, threads, names and arguments."""

from pathlib import Path

from tests.support.exports import (
    exported_tracks,
    forward,
    shown,
)
from tests.support.tracefile import TraceFile
from tests.support.tracks import CATEGORY, events_of


def test_each_device_has_a_process_sorted_beside_it(tmp_path: Path) -> None:
    file = forward()
    for correlation, device in ((1, 0), (2, 1), (3, 1), (4, 0)):
        file.kernel(correlation, 1000 + 100 * correlation, 10, device=device)
    for device, index in ((0, 31), (1, 32)):
        file.event(None, "process_sort_index", 0, 0, pid=device, ph="M", args={"sort_index": index})
    assert set(exported_tracks(file, tmp_path)) == {
        ("GPU 0 layers", "layers on stream 7"),
        ("GPU 1 layers", "layers on stream 7"),
    }
    index = {
        event["pid"]: event["args"]["sort_index"]
        for event in events_of(tmp_path / "out.json.gz")
        if event["name"] == "process_sort_index" and event.get("cat") == CATEGORY
    }
    assert index == {5_000_000: 31, 5_000_001: 32}


def test_process_ids_of_the_trace_are_not_used_again(tmp_path: Path) -> None:
    file = forward()
    file.pid = 5_000_000
    for event in file.events:
        event["pid"] = 5_000_000
    file.kernel(1, 1000, 10)
    exported_tracks(file, tmp_path)
    tracks = [e for e in events_of(tmp_path / "out.json.gz") if e.get("cat") == CATEGORY]
    assert {event["pid"] for event in tracks} == {5_000_001}


def test_types_and_roles_are_arguments_and_names_are_plain_text(tmp_path: Path) -> None:
    file = TraceFile()
    name = 'samprof:<b> "x" \\ é'  # as it comes out of the encoded name below
    file.range("samprof:<b> %22x%22 %5C %C3%A9", 0, 100)
    file.launch(1, 5)
    file.kernel(1, 1000, 10)
    file.metadata["samprof"] = {"modules": {name: ["Net", "image encoder"]}}
    (slices,) = exported_tracks(file, tmp_path).values()
    # In parentheses: else samprof would read the slice as a range.
    assert shown(slices) == [(f"({name})", 1000, 1010)]
    assert slices[0].args == {
        "path": name,
        "kernels": 1,
        "kernel_ns": 10,
        "type": "Net",
        "role": "image encoder",
        "phase": "forward",
    }
