"""Any small trace: the package equals the slow attribution, and what must not matter does not.

Times are drawn from a grid of a few nanoseconds, so that ranges touch, cross, nest, start together
and have no length far more often than in life.
"""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samprof.trace import Trace, load_trace
from tests.support.reference import attribute
from tests.support.reference_events import By, read
from tests.support.tables import (
    assert_adds_up,
    assert_children_add_up,
    assert_equals_reference,
    layer_rows,
    opened,
)
from tests.support.tracefile import Layout, TimeText, TraceFile

KINDS: tuple[By, ...] = ("samprof", "module", "annotation", "op")
NANOSECONDS_2024 = 1_712_195_495_519_689_123

deterministic = settings(derandomize=True, deadline=None, max_examples=40)
kinds = st.sampled_from(KINDS)
starts = st.integers(0, 12)
lengths = st.integers(0, 12)
# Autograd's numbers of forward threads (1, 2) are not the threads' ids.
threads = st.sampled_from([11, 12, 13])
# Ranges are mostly on one thread, so that backward ops on the others often have none around them.
range_threads = st.sampled_from([11, 11, 11, 12])
sequences = st.sampled_from([None, 1, 2, 3])
forward_threads = st.sampled_from([None, 0, 1, 2])


@st.composite
def traces(draw: st.DrawFn, by: By, unit: int = 1) -> TraceFile:
    """A trace with ranges of one kind; every time is a multiple of `unit` nanoseconds."""
    file = TraceFile()
    _add_ranges(draw, file, by)
    _add_ops(draw, file)
    _add_backward(draw, file)
    _add_launches(draw, file)
    for correlation in draw(st.lists(st.integers(0, 9), max_size=2)):
        _add_kernel(draw, file, correlation)
    file.gpu_annotation("samprof:net", 0, 50)
    for event in file.events:
        event |= {key: event[key] * unit for key in ("ts", "dur") if key in event}
    return file


def _add_ranges(draw: st.DrawFn, file: TraceFile, by: By) -> None:
    paths = st.sampled_from(["net", "net.a", "net.a.b", "net.ab", "f()", "g()"])
    names = paths if by == "samprof" else st.sampled_from(["A", "B", "C"])
    categories = st.sampled_from(["cpu_op", "user_annotation"])
    for _ in range(draw(st.integers(0, 8))):
        name, ts, dur, thread = draw(names), draw(starts), draw(lengths), draw(range_threads)
        if by == "samprof":
            file.range(name, ts, dur, thread, cat=draw(categories))
        elif by == "module":
            file.module(name, ts, dur, thread)
        elif by == "annotation":
            file.annotation(name, ts, dur, thread)


def _add_ops(draw: st.DrawFn, file: TraceFile) -> None:
    for number in range(draw(st.integers(0, 5))):
        # Two ops that differ in their numbers only would have no order, so no two have one name.
        name = f"aten::{draw(st.sampled_from('abc'))}{number}"
        file.op(
            name,
            draw(starts),
            draw(lengths),
            draw(threads),
            sequence=draw(sequences),
            forward_thread=draw(forward_threads),
        )


def _add_backward(draw: st.DrawFn, file: TraceFile) -> None:
    """Pairs of a forward and a backward op, linked or not, with a launch in the latter."""
    backward_threads = st.sampled_from([12, 13, 11])
    ends = st.sampled_from(["both", "forward", "backward", "none"])
    for number in range(draw(st.integers(0, 4))):
        forward, thread = draw(starts), draw(range_threads)
        backward, other = draw(st.integers(0, 20)), draw(backward_threads)
        sequence, forward_thread = draw(sequences), draw(st.sampled_from([11, 12, 1, 0, None]))
        file.op(f"aten::mm{number}", forward, draw(lengths), thread, sequence=sequence)
        file.op(
            f"Mm{number}",
            backward,
            draw(lengths),
            other,
            sequence=sequence,
            forward_thread=forward_thread,
        )
        linked = draw(ends)
        file.flow(
            number,
            forward=(forward, thread) if linked in {"both", "forward"} else None,
            backward=(backward, other) if linked in {"both", "backward"} else None,
        )
        file.launch(number, backward + draw(st.integers(0, 3)), thread=other)
        _add_kernel(draw, file, number)


def _add_launches(draw: st.DrawFn, file: TraceFile) -> None:
    categories = st.sampled_from(["cuda_runtime", "cuda_driver"])
    # Ids from 4 on; a launch that shares its id differs in length, which decides.
    for number in range(draw(st.integers(0, 5))):
        correlation = draw(st.integers(4, 4 + number))
        file.launch(correlation, draw(starts), number, draw(threads), cat=draw(categories))
        for _ in range(draw(st.integers(0, 2))):
            _add_kernel(draw, file, correlation)


def _add_kernel(draw: st.DrawFn, file: TraceFile, correlation: int) -> None:
    stream, device = draw(st.integers(7, 8)), draw(st.integers(0, 1))
    file.kernel(correlation, draw(starts), draw(lengths), stream=stream, device=device)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("traces")


def tables(trace: Trace, by: By) -> tuple[str, list[str]]:
    """All that the tables say, kernels in any order and their times from the first one's start."""
    kernels = trace.kernels(by=by).copy()
    first = kernels["ts_ns"].min()
    for column in ("ts_ns", "launch_ts_ns"):
        kernels[column] -= first
    return trace.layers(by=by).to_csv(), sorted(kernels.to_csv(index=False).splitlines())


@pytest.mark.parametrize("by", KINDS)
@given(data=st.data())
@settings(deterministic, max_examples=100)
def test_tables_equal_the_slow_attribution(folder: Path, by: By, data: st.DataObject) -> None:
    path = data.draw(traces(by)).write(folder / "trace.json")
    assert_equals_reference(load_trace(path), attribute(read(path), by), by)


@given(data=st.data(), by=kinds)
@deterministic
def test_totals_add_up(folder: Path, by: By, data: st.DataObject) -> None:
    trace = opened(data.draw(traces(by)), folder)
    assert_adds_up(trace, by)
    if by != "samprof":
        assert_children_add_up(trace, by)


@given(data=st.data(), by=kinds)
@deterministic
def test_order_of_events_does_not_matter(folder: Path, by: By, data: st.DataObject) -> None:
    file = data.draw(traces(by))
    expected = tables(opened(file, folder), by)
    file.events = data.draw(st.permutations(file.events))
    assert tables(opened(file, folder), by) == expected


@given(data=st.data(), by=kinds, shift=st.integers(0, NANOSECONDS_2024))
@deterministic
def test_shift_of_the_clock_does_not_matter(
    folder: Path, by: By, data: st.DataObject, shift: int
) -> None:
    file = data.draw(traces(by))
    expected = tables(opened(file, folder), by)
    shifted = load_trace(file.write(folder / "shifted.json", shift=shift))
    assert tables(shifted, by) == expected


@pytest.mark.parametrize("name", ["trace.json", "trace.json.gz"])
@pytest.mark.parametrize("layout", ["one-line", "event-lines", "indented"])
@pytest.mark.parametrize("times", ["integer", "shortest", "decimals"])
@given(data=st.data(), base=st.none() | st.integers(0, NANOSECONDS_2024), first=st.booleans())
@settings(deterministic, max_examples=5)
def test_writing_of_the_file_does_not_matter(
    folder: Path,
    name: str,
    layout: Layout,
    times: TimeText,
    data: st.DataObject,
    base: int | None,
    first: bool,
) -> None:
    file = data.draw(traces("samprof", unit=1000))
    expected = tables(opened(file, folder), "samprof")
    path = file.write(folder / name, layout=layout, times=times, base=base, metadata_first=first)
    assert tables(load_trace(path), "samprof") == expected


@given(data=st.data(), by=kinds)
@deterministic
def test_twice_the_device_time_doubles_the_device_columns_only(
    folder: Path, by: By, data: st.DataObject
) -> None:
    # Starts are doubled with the durations, so that the union of the intervals doubles too.
    file = data.draw(traces(by))
    before = layer_rows(opened(file, folder), by)
    for event in file.events:
        if event.get("cat") == "kernel":
            event |= {"ts": 2 * event["ts"], "dur": 2 * event["dur"]}
    after = layer_rows(opened(file, folder), by)
    assert after == {path: _device_doubled(row) for path, row in before.items()}


def _device_doubled(row: dict[str, Any]) -> dict[str, Any]:
    return {name: 2 * value if name.startswith("device_") else value for name, value in row.items()}
