"""Each call's span on the device: one row per call, device, stream and phase, with every kernel once."""

from pathlib import Path

from samprof.integrations.perfetto.call_spans import call_spans
from samprof.trace import load_trace
from tests.support.exports import forward
from tests.support.tracefile import TraceFile


def rows(file: TraceFile, folder: Path) -> set[tuple[str, int, int, int, int, int, int]]:
    """Path, device, stream, start, end, kernels, kernel_ns of each row."""
    trace = load_trace(file.write(folder / "trace.json"))
    spans, ranges = call_spans(trace, "auto"), trace.ranges("auto")
    paths = [ranges.paths[node] for node in ranges.node[spans.interval]]
    columns = (spans.device, spans.stream, spans.start, spans.end, spans.kernels, spans.kernel_ns)
    return set(zip(paths, *(column.tolist() for column in columns), strict=True))


def test_a_call_spans_its_own_kernels_and_those_of_the_calls_inside_it(tmp_path: Path) -> None:
    file = forward()
    file.kernel(1, 1000, 10)  # net
    file.kernel(2, 1020, 10)  # net.a
    file.kernel(3, 1005, 50, stream=20)  # net.a
    file.kernel(4, 1100, 5, device=1)  # net.b
    assert rows(file, tmp_path) == {
        ("net", 0, 7, 1000, 1030, 2, 20),
        ("net", 0, 20, 1005, 1055, 1, 50),
        ("net", 1, 7, 1100, 1105, 1, 5),
        ("net.a", 0, 7, 1020, 1030, 1, 10),
        ("net.a", 0, 20, 1005, 1055, 1, 50),
        ("net.b", 1, 7, 1100, 1105, 1, 5),
    }


def test_without_kernels_there_are_no_rows(tmp_path: Path) -> None:
    assert rows(forward(), tmp_path) == set()
