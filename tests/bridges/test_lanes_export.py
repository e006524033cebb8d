"""What an export keeps of a trace file: the chosen steps, everything in them, as it stands there."""

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from samprof.bridges.lanes_export import Exported, export
from samprof.errors import SamprofError
from samprof.trace import load_trace
from samprof.trace.window import within
from tests.support.lanes import document, events_of
from tests.support.tracefile import TraceFile

STEP = 1000


def three_steps() -> TraceFile:
    """Three steps of 1000 ns, a launch at 500 in each, its kernel 1700 ns after it; an empty step."""
    file = TraceFile()
    file.event("Trace", "PyTorch Profiler (0)", -100, 9000, pid="Spans", tid="PyTorch Profiler")
    for number in (1, 2, 3):
        start = STEP * number
        file.step(number, start, STEP)
        file.range("net", start + 100, 800)
        file.op("aten::mm", start + 400, 200)
        file.launch(number, start + 500)
        file.kernel(number, start + 2200, 100)
        file.gpu_annotation(f"ProfilerStep#{number}", start + 2200, 100)
        sync = file.event("cuda_sync", "Stream Sync", start + 2300, 5, pid=0, tid=7)
        sync["args"] = {"correlation": number}
        for phase, ts, place in (("s", start + 500, (100, 1)), ("f", start + 2200, (0, 7))):
            arrow = file.event("ac2g", "ac2g", ts, 0, pid=place[0], tid=place[1], ph=phase)
            arrow["id"] = number
            del arrow["dur"], arrow["args"]
    file.step(4, 4 * STEP, 50)
    file.event(None, "process_name", 0, 0, ph="M", args={"name": "python"})
    file.event(None, "Record Window End", 9000, 0, ph="i", tid="")
    file.metadata["distributedInfo"] = {"rank": 3}
    return file


def named(path: Path) -> list[tuple[str, int]]:
    """Name and start of what was exported, metadata events aside."""
    return [(e["name"], int(e["ts"] * 1000)) for e in events_of(path) if e["ph"] != "M"]


def exported(tmp_path: Path, file: TraceFile, **options: Any) -> tuple[Exported, Path]:
    source, target = file.write(tmp_path / "trace.json"), tmp_path / "out.json.gz"
    return export(source, target, **options), target


def test_one_step_is_what_began_in_it_and_what_the_device_did_for_it(tmp_path: Path) -> None:
    result, target = exported(tmp_path, three_steps())
    assert named(target) == [
        ("ProfilerStep#3", 3000),
        ("samprof:net", 3100),
        ("aten::mm", 3400),
        ("cudaLaunchKernel", 3500),
        ("gemm", 5200),
        ("ProfilerStep#3", 5200),
        ("Stream Sync", 5300),
        ("ac2g", 3500),
        ("ac2g", 5200),
    ]
    assert (result.steps, result.of_steps) == ((3,), 3)  # the empty fourth is none
    assert (result.events, result.of_events) == (10, 31)
    assert result.size == target.stat().st_size


def test_several_steps_are_the_last_ones(tmp_path: Path) -> None:
    result, target = exported(tmp_path, three_steps(), steps=2)
    assert result.steps == (2, 3)
    assert len(load_trace(target).kernels()) == 2
    result, target = exported(tmp_path, three_steps(), steps=99)
    assert result.steps == (1, 2, 3)


def test_all_is_the_file_as_it_is(tmp_path: Path) -> None:
    file = three_steps()
    result, target = exported(tmp_path, file, steps=None)
    original = document(tmp_path / "trace.json")
    assert document(target) == original
    assert (result.steps, result.events, result.notes) == ((), 31, ())


def test_events_stand_there_byte_for_byte_and_metadata_comes_first(tmp_path: Path) -> None:
    file = three_steps()
    file.events[3]["args"] = {"Input Dims": [[1, 3]], "kept": {"a": [1.50, "é"]}}
    _, target = exported(tmp_path, file, steps=None)
    text = gzip.decompress(target.read_bytes()).decode()
    for line in (tmp_path / "trace.json").read_text().splitlines():
        assert line.rstrip(",") in text
    assert text.index('"distributedInfo": {"rank": 3}') < text.index('"traceEvents"')


def test_a_trace_without_steps_is_taken_whole_and_says_so(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    result, target = exported(tmp_path, file)
    assert result.notes == ("no steps are marked in this trace: all of it was taken",)
    assert len(load_trace(target).events) == 1


def test_on_a_cpu_there_are_no_lanes_and_a_note(tmp_path: Path) -> None:
    file = TraceFile()
    file.step(1, 0, 100)
    file.range("net", 0, 100)
    result, target = exported(tmp_path, file, lanes=True)
    assert result.notes == (
        "nothing ran on a device, and the ranges are on their CPU threads already: no lanes added",
    )
    assert (result.lanes, result.slices) == (0, 0)
    assert named(target) == [("ProfilerStep#1", 0), ("samprof:net", 0)]


def test_kernels_that_no_range_owns_make_no_lanes_and_a_note(tmp_path: Path) -> None:
    file = TraceFile()
    file.launch(1, 10)
    file.kernel(1, 50, 10)
    result, _ = exported(tmp_path, file, lanes=True)
    assert result.notes[-1] == "no range owns a kernel here, so there are no lanes; give --by op"


def test_levels_of_host_memory_are_those_of_the_whole_recording(tmp_path: Path) -> None:
    file = TraceFile()
    totals = [(100, 700, 5700), (600, -200, 5500), (1100, 50, 5550), (1200, 30, 5580)]
    for ts, size, total in totals:
        event = file.memory(ts, size, total, device=-1)
        event["args"]["Device Type"] = 0
    for number in (0, 1):
        file.step(number, STEP * number, STEP)
        file.range("net", STEP * number + 50, 800)
    _, target = exported(tmp_path, file)
    trace = load_trace(tmp_path / "trace.json")
    window = within(trace, STEP, 2 * STEP)
    # 5000 were there before the recording; 700 - 200 before the step; 50 + 30 in it.
    assert window.layers().set_index("path")["memory_peak_bytes"]["net"] == 580
    pd.testing.assert_frame_equal(load_trace(target).layers(), window.layers())


def test_what_json_does_not_allow_is_mended(tmp_path: Path) -> None:
    source = tmp_path / "odd.json"
    source.write_bytes(
        b'{"traceEvents": [\n'
        b'{"ph": "X", "cat": "cpu_op", "name": "tab\there", "pid": 1, "tid": 1, '
        b'"ts": 1712195495505582.988, "dur": 1.5, "args": {"occupancy": NaN}},\n'
        b'{"ph": "X", "cat": "cpu_op", "name": "bad \xff", "pid": 1, "tid": 1, "ts": 2.25, "dur": 1},\n'
        b'{"ph": "X", "cat": "cpu_op", "name": "args", "pid": 1, "tid": 1, "ts": 7, "dur": 1, '
        b'"args": {"text": "\xfe"}},\n'
        b'"no event",\n'
        b'{"ph": "X", "cat": "cpu_op", "name": 5, "pid": 1, "tid": 1, "ts": 9, "dur": 1}\n]}'
    )
    target = tmp_path / "out.json"
    result = export(source, target, steps=None)
    events = events_of(target)
    assert [event["name"] for event in events] == ["tab\there", "bad \ufffd", "args", 5]
    assert events[0]["args"] == {"occupancy": None}
    assert events[2]["args"] == {"text": "\ufffd"}
    assert '"ts": 1712195495505582.988, "dur": 1.5' in target.read_text()
    pd.testing.assert_frame_equal(load_trace(target).layers("op"), load_trace(source).layers("op"))
    assert "1 event not an event" in result.notes


def test_plain_and_compressed_exports_are_the_same(tmp_path: Path) -> None:
    source = three_steps().write(tmp_path / "trace.json.gz")
    export(source, tmp_path / "out.json", lanes=True)
    export(source, tmp_path / "out.json.gz", lanes=True)
    packed = (tmp_path / "out.json.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "out.json").read_bytes()
    export(source, tmp_path / "out.json.gz", lanes=True)
    assert (tmp_path / "out.json.gz").read_bytes() == packed


def test_chromes_array_form_is_read_too(tmp_path: Path) -> None:
    source = tmp_path / "list.json"
    source.write_text(json.dumps([{"ph": "X", "cat": "cpu_op", "name": "a", "ts": 1, "dur": 1}]))
    export(source, tmp_path / "out.json")
    assert [event["name"] for event in events_of(tmp_path / "out.json")] == ["a"]


@pytest.mark.parametrize(
    ("target", "steps", "words"),
    [
        ("trace.json", 1, "it is the trace itself; write to another file"),
        ("out.txt", 1, "viewers would not know what it is; call it .json.gz"),
        ("nowhere/out.json", 1, "No such file or directory; choose another file"),
        ("out.json", 0, "not a number of steps; give 1 or more"),
    ],
)
def test_what_cannot_be_written_leaves_everything_as_it_was(
    tmp_path: Path, target: str, steps: int, words: str
) -> None:
    source = three_steps().write(tmp_path / "trace.json")
    before = source.read_bytes()
    with pytest.raises(SamprofError, match=words):
        export(source, tmp_path / target, steps=steps)
    assert source.read_bytes() == before
    assert list(tmp_path.iterdir()) == [source]
