"""Windows: the marked steps in which anything happened, and the waits inside them."""

import gzip
import json
from pathlib import Path

import pytest

from samprof.trace import load_trace
from samprof.trace.tables.step_windows import step_windows, waits_of
from tests.support.paths import NO_SHARED_TRACES, SHARED_TRACES
from tests.support.pipeline import pipeline
from tests.support.tables import opened
from tests.support.tracefile import TraceFile

RANK = "sampled-rank1.json.gz"


def test_a_step_is_a_window_on_the_thread_that_marked_it(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 10, 20, thread=5)
    file.step(7, 0, 100, thread=5)
    file.step(8, 100, 50, thread=5)  # nothing happens in it
    trace = opened(file, tmp_path)
    ((number, start, end, thread),) = step_windows(trace, "auto")
    assert (number, start, end, trace.threads[thread]) == (7, 0, 100, ("100", "5"))


def test_without_steps_the_window_is_around_the_ranges_of_the_first_thread(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("late", 50, 500, thread=2)
    file.range("net", 10, 20, thread=1)
    file.range("net", 60, 40, thread=1)
    trace = opened(file, tmp_path)
    ((number, start, end, thread),) = step_windows(trace, "auto")
    assert (number, start, end, trace.threads[thread][1]) == (0, 10, 100, "1")


def test_without_steps_and_ranges_there_is_no_window(tmp_path: Path) -> None:
    assert step_windows(opened(TraceFile(), tmp_path), "auto") == []


def test_waits_are_synchronising_calls_of_the_thread_clipped_to_the_window(tmp_path: Path) -> None:
    file = pipeline()
    file.launch(92, 960, 10, name="cudaMemcpy")
    file.launch(93, 970, 10, name="cudaMemcpyAsync")
    file.launch(94, 980, 10, thread=2, name="cudaDeviceSynchronize")
    trace = opened(file, tmp_path)
    ((_, _, _, thread),) = step_windows(trace, "auto")
    waits = waits_of(trace, thread, 900)
    # Of the pipeline [500, 650) and [850, 950), which is clipped; cudaMemcpy would begin after 900.
    assert waits.start.tolist()[:2] == [500, 850]
    assert waits.end.tolist()[:2] == [650, 900]
    waits = waits_of(trace, thread, 1000)
    spans = list(zip(waits.start.tolist(), waits.end.tolist(), strict=True))
    assert spans == [(500, 650), (850, 950), (960, 970)]


def test_a_copy_to_pageable_memory_is_a_wait_and_one_to_pinned_memory_is_none(
    tmp_path: Path,
) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    copies = [
        ("cudaMemcpyAsync", "DtoH (Device -> Pageable)"),
        ("cudaMemcpyAsync", "DtoH (Device -> Pinned)"),
    ]
    copies += [
        ("cudaMemcpyAsync", "HtoD (Pageable -> Device)"),
        ("cudaGraphLaunch", "DtoH (Device -> Pageable)"),
    ]
    for number, (call, direction) in enumerate(copies):
        file.launch(number, 10 * number, 8, name=call)
        file.kernel(number, 10 * number, 2, name=f"Memcpy {direction}", cat="gpu_memcpy")
    trace = opened(file, tmp_path)
    ((_, _, end, thread),) = step_windows(trace, "auto")
    waits = waits_of(trace, thread, end)
    assert list(zip(waits.start.tolist(), waits.end.tolist(), strict=True)) == [(0, 8)]


@pytest.mark.skipif(not (SHARED_TRACES / RANK).exists(), reason=NO_SHARED_TRACES)
def test_every_copy_to_pageable_memory_of_a_real_trace_is_a_wait() -> None:
    events = json.loads(gzip.decompress((SHARED_TRACES / RANK).read_bytes()))["traceEvents"]
    numbers = {
        e["args"]["correlation"] for e in events if e["name"] == "Memcpy DtoH (Device -> Pageable)"
    }
    calls = [e for e in events if e.get("args", {}).get("correlation") in numbers]
    calls = [e for e in calls if e["cat"] == "cuda_runtime"]
    assert {e["name"] for e in calls} == {"cudaMemcpyAsync"}
    trace = load_trace(SHARED_TRACES / RANK)
    every = [waits_of(trace, thread, 2**62) for thread in range(len(trace.threads))]
    waits = {duration for one in every for duration in (one.end - one.start).tolist()}
    assert {round(e["dur"] * 1000) for e in calls} <= waits
