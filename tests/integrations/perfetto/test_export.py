"""What an export is as a whole: it reads as its steps do, and what was added is accounted for."""

from pathlib import Path

import pandas as pd
import pytest

from samprof.errors import SamprofError
from samprof.integrations.perfetto.export import export
from samprof.testing import TraceOptions, write_trace
from samprof.trace import load_trace
from samprof.trace.model.ranges import By
from samprof.trace.model.slicing import slice_time
from tests.support.exports import (
    STEP,
    exported,
    named,
    three_steps,
)
from tests.support.paths import NO_SHARED_TRACES, SHARED_TRACES
from tests.support.tracefile import TraceFile
from tests.support.tracks import (
    assert_nested,
    assert_of_their_kernels,
    tracks_of,
)


def test_a_trace_without_steps_is_taken_whole_and_says_so(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    result, target = exported(tmp_path, file)
    assert result.notes == ("no steps are marked in this trace: all of it was taken",)
    assert len(load_trace(target).events) == 1


def test_on_a_cpu_there_are_no_tracks_and_a_note(tmp_path: Path) -> None:
    file = TraceFile()
    file.step(1, 0, 100)
    file.range("net", 0, 100)
    result, target = exported(tmp_path, file, tracks=True)
    assert result.notes == (
        "nothing ran on a device, and the ranges are on their CPU threads already: no tracks added",
    )
    assert (result.tracks, result.slices) == (0, 0)
    assert named(target) == [("ProfilerStep#1", 0), ("samprof:net", 0)]


def test_kernels_that_no_range_owns_make_no_tracks_and_a_note(tmp_path: Path) -> None:
    file = TraceFile()
    file.launch(1, 10)
    file.kernel(1, 50, 10)
    result, _ = exported(tmp_path, file, tracks=True)
    assert result.notes[-1] == "no range owns a kernel here, so no tracks were added; give --by op"


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
    window = slice_time(trace, STEP, 2 * STEP)
    # 5000 were there before the recording; 700 - 200 before the step; 50 + 30 in it.
    assert window.layers().set_index("path")["memory_peak_bytes"]["net"] == 580
    pd.testing.assert_frame_equal(load_trace(target).layers(), window.layers())


REAL = sorted(path.name for path in SHARED_TRACES.glob("*.json*") if path.name != "expected.json")
MADE_UP = {
    "plain": TraceOptions(),
    "hard": TraceOptions(backward=True, two_threads=True, graphs=True, outside=True, no_launch=0.1),
}
CASES: list[tuple[str, By]] = [
    *((name, "auto") for name in [*MADE_UP, *REAL]),
    *((name, "op") for name in ("plain", "alexnet-a100.json.gz", "minitoy-train-mi250.json.gz")),
]


@pytest.mark.parametrize(("name", "by"), CASES)
def test_an_export_reads_as_its_steps_do_and_its_tracks_add_up(
    name: str, by: By, tmp_path: Path
) -> None:
    source = SHARED_TRACES / name
    if name in MADE_UP:
        source = tmp_path / "made-up.json.gz"
        write_trace(source, 10_000, MADE_UP[name], steps=2)
    elif not source.exists():
        pytest.skip(NO_SHARED_TRACES)
    trace = load_trace(source)
    target = tmp_path / "tracks.json.gz"
    result = export(source, target, tracks=True, by=by)
    steps = [step for step in trace.steps() if step[0] in result.steps]
    window = slice_time(trace, steps[0][1], steps[-1][2]) if steps else trace
    read = load_trace(target)
    pd.testing.assert_frame_equal(read.layers(by), window.layers(by))
    pd.testing.assert_frame_equal(read.kernels(by), window.kernels(by))
    assert read.check(by) == window.check(by)
    tracks = tracks_of(target)
    assert_nested(tracks)
    assert_of_their_kernels(tracks, window, by)


def test_hta_counts_the_same_with_tracks_and_without(tmp_path: Path) -> None:
    from samprof.integrations.hta.analysis import trace_analysis

    hard = TraceOptions(backward=True, two_threads=True, graphs=True)
    write_trace(tmp_path / "trace.json.gz", 10_000, hard, steps=1)
    found = []
    for name, tracks in (("plain", False), ("tracks", True)):
        target = tmp_path / name / "trace.json.gz"
        target.parent.mkdir()
        export(tmp_path / "trace.json.gz", target, tracks=tracks)
        analysis = trace_analysis({0: target})
        found.append(
            [
                *analysis.get_gpu_kernel_breakdown(visualize=False),
                analysis.get_temporal_breakdown(visualize=False),
                analysis.get_idle_time_breakdown(visualize=False)[0],
                analysis.get_cuda_kernel_launch_stats(visualize=False)[0],
            ]
        )
    assert len(tracks_of(tmp_path / "tracks" / "trace.json.gz")) == 6
    for plain, with_tracks in zip(*found, strict=True):
        pd.testing.assert_frame_equal(plain, with_tracks)


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
