"""Traces to export, and their exports."""

from pathlib import Path
from typing import Any

from samprof.integrations.perfetto.export import Exported, export
from samprof.trace import load_trace
from tests.support.tracefile import TraceFile
from tests.support.tracks import Slice, assert_nested, assert_of_their_kernels, events_of, tracks_of

STEP = 1000


def three_steps() -> TraceFile:
    """Three steps of 1000 ns, a launch at 500 in each, its kernel 1700 ns later; then an empty step."""
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
            flow = file.event("ac2g", "ac2g", ts, 0, pid=place[0], tid=place[1], ph=phase)
            flow["id"] = number
            del flow["dur"], flow["args"]
    file.step(4, 4 * STEP, 50)
    file.event(None, "process_name", 0, 0, ph="M", args={"name": "python"})
    file.event(None, "Record Window End", 9000, 0, ph="i", tid="")
    file.metadata["distributedInfo"] = {"rank": 3}
    return file


def forward() -> TraceFile:
    """Range net [0, 100) with net.a [10, 40) and net.b [50, 90); launches at 5, 15, 25 and 60."""
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.a", 10, 30)
    file.range("net.b", 50, 40)
    for correlation, ts in enumerate((5, 15, 25, 60), 1):
        file.launch(correlation, ts)
    return file


def exported(tmp_path: Path, file: TraceFile, **options: Any) -> tuple[Exported, Path]:
    source, target = file.write(tmp_path / "trace.json"), tmp_path / "out.json.gz"
    return export(source, target, **options), target


def exported_tracks(file: TraceFile, folder: Path) -> dict[tuple[str, str], list[Slice]]:
    source = file.write(folder / "trace.json")
    export(source, folder / "out.json.gz", tracks=True)
    tracks = tracks_of(folder / "out.json.gz")
    assert_nested(tracks)
    assert_of_their_kernels(tracks, load_trace(source), "auto")
    return tracks


def named(path: Path) -> list[tuple[str, int]]:
    """Name and start of what was exported, metadata events aside."""
    return [(e["name"], int(e["ts"] * 1000)) for e in events_of(path) if e["ph"] != "M"]


def shown(slices: list[Slice]) -> list[tuple[str, int, int]]:
    return [(one.name, one.start, one.end) for one in slices]
