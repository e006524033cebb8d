"""Windows: the marked steps in which anything happened, and the waits inside them."""

from pathlib import Path

from samprof.trace.tables.windows import step_windows, waits_of
from tests.support.pipeline import pipeline
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


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
