"""What the GPU kit's checks say of device traces made by hand, whose truth is known."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from bench.gpu import truth
from bench.gpu.books import books_of, events_ns
from bench.gpu.hard import backward_in_blocks, both_streams
from bench.gpu.hard_compiled import noted
from bench.gpu.scale import DRY_LIMITS
from samprof.trace import load_trace
from tests.support.tracefile import TraceFile

RECORDED = {
    "samprof": {
        "roots": ["enc"],
        "modules": {
            "enc": ["Encoder", ""],
            "enc.blocks.0": ["Block", ""],
            "enc.neck": ["Neck", ""],
        },
    }
}


def device_trace(path: Path, *, drop: int | None = None, streams: tuple[int, int] = (7, 7)) -> Path:
    """Three steps of an encoder with a block (two kernels) and a neck (one), on a device.

    A step is 10 us on the host. Kernels of step s, 100 us each on: block 20 us from 0 and 30 us from
    25, neck 40 us from 60; a copy of 5 us outside of the encoder. `drop` leaves out a kernel's record.
    """
    file = TraceFile(metadata={"schemaVersion": 1, **RECORDED})
    correlation = itertools.count(1)
    for step in range(3):
        host, device = 10_000 * step, 1_000_000 + 100_000 * step
        file.step(step, host, 10_000)
        file.range("enc", host + 100, 8_000)
        file.range("enc.blocks.0", host + 200, 3_000)
        file.range("enc.neck", host + 4_000, 2_000)
        work = [(300, 0, 20_000, 7), (500, 25_000, 30_000, streams[0])]
        work += [(4_100, 60_000, 40_000, streams[1])]
        for at, start, duration, stream in work:
            number = next(correlation)
            file.launch(number, host + at)
            if number != drop:
                file.kernel(number, device + start, duration, stream=stream)
        number = next(correlation)
        file.launch(number, host + 9_000, name="cudaMemcpyAsync")
        file.kernel(number, device + 50_000, 5_000, name="copy", cat="gpu_memcpy")
    return file.write(path)


def test_books_of_a_device_trace_are_its_kernels_and_copies(tmp_path: Path) -> None:
    path = device_trace(tmp_path / "trace.json")
    books = books_of(path)
    # A step: 20 + 30 + 40 of kernels and 5 of a copy, in us.
    assert events_ns(path) == books.rows_ns == books.events_ns == 3 * 95_000
    assert books.kernels == {0: 3, 1: 3, 2: 3}
    assert books.outside == pytest.approx(5 / 95)
    assert (books.unequal, books.lost, books.uneven, books.late, books.fine) == ((), 0, 0, 0, True)
    assert all(check.ok is not False for check in books.checks("it", DRY_LIMITS))


def test_books_tell_a_lost_record_by_its_step(tmp_path: Path) -> None:
    first = books_of(device_trace(tmp_path / "first.json", drop=1))
    assert (first.late, first.lost, first.uneven, first.fine) == (1, 0, 0, True)
    later = books_of(device_trace(tmp_path / "later.json", drop=9))
    assert (later.late, later.lost, later.uneven, later.fine) == (0, 1, 1, False)
    broken = [check.what for check in later.checks("it", DRY_LIMITS) if check.ok is False]
    assert broken == [
        "it: lost records",
        "it: kernels between forwards differ",
        "it: samprof's own check finds faults",
    ]


def test_spans_are_from_the_first_kernel_to_the_last_of_each_forward(tmp_path: Path) -> None:
    trace = load_trace(device_trace(tmp_path / "trace.json"), cache=False)
    spans, sums = truth.by_samprof(trace, ("blocks.0", "neck"))
    # Step 0 got the profiler going and does not count.
    assert spans == {"": [100_000.0] * 2, "blocks.0": [55_000.0] * 2, "neck": [40_000.0] * 2}
    assert sums == {"": [90_000.0] * 2, "blocks.0": [50_000.0] * 2, "neck": [40_000.0] * 2}


def test_streams_and_graphs_are_seen_where_they_are(tmp_path: Path) -> None:
    one = load_trace(device_trace(tmp_path / "one.json"), cache=False)
    two = load_trace(device_trace(tmp_path / "two.json", streams=(7, 9)), cache=False)
    assert both_streams(one, "streams").ok is False
    assert both_streams(two, "streams").ok is True
    assert both_streams(two, "streams").note == "7: 150000 ns, 9: 120000 ns"
    assert noted(one, "graph", "graph launch").ok is False
    file = TraceFile(metadata={"schemaVersion": 1, **RECORDED})
    file.range("enc", 0, 1_000)
    file.launch(1, 100, name="cudaGraphLaunch")
    file.kernel(1, 2_000, 10)
    file.kernel(1, 2_020, 10)
    graph = load_trace(file.write(tmp_path / "graph.json"), cache=False)
    assert noted(graph, "graph", "graph launch").note == "graph launch: 2 activities, not split"


def test_the_backward_is_found_in_its_blocks(tmp_path: Path) -> None:
    file = TraceFile(metadata={"schemaVersion": 1, **RECORDED})
    file.range("enc", 0, 1_000)
    file.range("enc.blocks.0", 100, 500)
    file.op("aten::mm", 200, 100, sequence=4)
    file.launch(1, 210)
    file.kernel(1, 10_000, 50)
    file.op(
        "autograd::engine::evaluate_function: MmBackward0",
        2_000,
        300,
        2,
        sequence=4,
        forward_thread=1,
    )
    file.flow(1, forward=(200, 1), backward=(2_000, 2))
    file.launch(2, 2_100, thread=2)
    file.kernel(2, 11_000, 80)
    backward = load_trace(file.write(tmp_path / "backward.json"), cache=False)
    found = backward_in_blocks(backward, "backward")
    assert found.ok is True
    assert found.note == "100% of the backward's time is in blocks"
    forward = load_trace(device_trace(tmp_path / "trace.json"), cache=False)
    assert backward_in_blocks(forward, "backward").ok is False
