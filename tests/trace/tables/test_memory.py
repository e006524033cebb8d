"""Memory a layer: hand-made allocator events with every number derived, and any others by rules."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samprof.errors import TraceError
from samprof.trace import Trace
from samprof.trace.tables.memory import memory_table
from tests.support.tables import opened
from tests.support.tracefile import TraceFile

COLUMNS = [
    *("path", "depth", "calls", "memory_peak_bytes", "allocations", "allocated_bytes"),
    *("freed_bytes", "kept_bytes", "peak_bytes", "rise_bytes", "workspace_bytes"),
    *("weights_bytes", "holds_peak"),
    "device",
]


def rows(trace: Trace, device: int | None = None) -> dict[str, dict[str, Any]]:
    table = memory_table(trace, "auto", device)
    assert table.columns.tolist() == COLUMNS
    assert table["path"].is_unique
    assert {str(table[name].dtype) for name in COLUMNS[1:-2]} == {"int64"}
    return {row["path"]: row for row in table.to_dict("records")}


def of(row: dict[str, Any], *names: str) -> tuple[int, ...]:
    return tuple(int(row[f"{name}_bytes"]) for name in names)


def host(event: dict[str, Any]) -> None:
    event["args"] |= {"Device Type": 0, "Device Id": -1}


def one_forward(file: TraceFile, device: int = 0) -> None:
    """Net with net.a and net.b; 1000 bytes are there before it begins."""
    for ts, size, total in [
        (5, 200, 1200),  # net
        (12, 300, 1500),  # net.a: what it returns
        (20, 500, 2000),  # net.a: what it needs for a while; the peak of the whole
        (30, -500, 1500),
        (55, 400, 1900),  # net.b
        (60, -300, 1600),  # net.b releases what net.a returned
        (70, 100, 1700),
        (80, -400, 1300),
        (95, -200, 1100),  # net
        (120, -100, 1000),  # outside
    ]:
        file.memory(ts, size, total, device=device)


@pytest.fixture
def file() -> TraceFile:
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.a", 10, 30)
    file.range("net.b", 50, 40)
    return file


def test_every_number_of_one_forward(file: TraceFile, tmp_path: Path) -> None:
    one_forward(file)
    trace = opened(file, tmp_path)
    found = rows(trace)
    assert list(found) == ["net", "net.a", "net.b", "(outside)"]
    assert [row["depth"] for row in found.values()] == [0, 1, 1, 0]
    assert [row["calls"] for row in found.values()] == [1, 1, 1, 0]
    own = ("allocated", "freed")
    assert of(found["net"], *own) == (200, 200)
    assert of(found["net.a"], *own) == (800, 500)
    assert of(found["net.b"], *own) == (500, 700)
    assert of(found["(outside)"], *own) == (0, 100)
    call = ("peak", "rise", "kept", "workspace")
    # Entered at 1000, left at 1100, 2000 between.
    assert of(found["net"], *call) == (2000, 1000, 100, 900)
    # Entered at 1200, left at 1500.
    assert of(found["net.a"], *call) == (2000, 800, 300, 500)
    # Entered at 1500, left at 1300: it releases more than it keeps.
    assert of(found["net.b"], *call) == (1900, 400, -200, 600)
    # Its own event leaves 1000 behind.
    assert of(found["(outside)"], *call) == (1000, 0, 0, 0)
    assert [path for path, row in found.items() if row["holds_peak"]] == ["net.a"]
    peaks = trace.layers().set_index("path")["memory_peak_bytes"].to_dict()
    assert {path: row["memory_peak_bytes"] for path, row in found.items()} == {
        path: peaks[path] for path in found
    }
    assert trace.memory().equals(memory_table(trace, "auto"))


def test_of_several_calls_the_one_that_rises_most_counts(tmp_path: Path) -> None:
    file = TraceFile()
    for start in (0, 100, 200):
        file.range("net", start, 50)
    # Rises 10, 30 and 30 and keeps 10, 5 and 30: the second is the first that rises most, though
    # the third reaches the highest level.
    for ts, size, total in [
        (1, 10, 10),
        (101, 30, 40),
        (110, -25, 15),
        (201, 30, 45),
    ]:
        file.memory(ts, size, total)
    row = rows(opened(file, tmp_path))["net"]
    assert (row["calls"], row["allocations"]) == (3, 3)
    assert of(row, "peak", "rise", "kept", "workspace") == (45, 30, 5, 25)
    assert of(row, "allocated", "freed") == (70, 25)


def test_an_event_at_the_start_is_inside_and_one_at_the_end_is_not(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 10, 10)
    file.memory(10, 7, 7)
    file.memory(20, 5, 12)
    found = rows(opened(file, tmp_path))
    assert of(found["net"], "peak", "rise", "kept", "allocated") == (7, 7, 7, 7)
    assert of(found["(outside)"], "peak", "allocated") == (12, 5)
    assert found["(outside)"]["holds_peak"]


def test_of_several_devices_the_busiest_counts_and_others_can_be_asked_for(
    file: TraceFile, tmp_path: Path
) -> None:
    one_forward(file, device=1)
    file.memory(15, 50, 1050, device=0)
    host(file.memory(16, 9000, 9000))  # the host counts only where no device does
    trace = opened(file, tmp_path)
    found = rows(trace)
    assert {row["device"] for row in found.values()} == {1}
    assert of(found["net.a"], "peak", "rise", "allocated") == (2000, 800, 800)
    other = rows(trace, device=0)
    # On device 0: entered at 1000, 50 allocated and kept.
    assert of(other["net.a"], "peak", "rise", "kept", "workspace") == (1050, 50, 50, 0)
    assert of(other["net.b"], "peak", "rise", "kept", "workspace") == (1050, 0, 0, 0)
    assert [path for path, row in other.items() if row["holds_peak"]] == ["net.a"]
    assert other["net.a"]["memory_peak_bytes"] == found["net.a"]["memory_peak_bytes"] == 2000
    assert of(rows(trace, device=-1)["net.a"], "peak", "rise") == (9000, 9000)
    with pytest.raises(
        TraceError, match="device 5: it has no allocator events; there are -1, 0, 1"
    ):
        memory_table(trace, "auto", 5)


def test_what_another_thread_allocates_is_in_the_rise_but_owned_outside(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.memory(10, 30, 30)
    file.memory(20, 60, 90)["tid"] = 2
    found = rows(opened(file, tmp_path))
    assert of(found["net"], "allocated", "peak", "rise", "kept") == (30, 90, 90, 90)
    assert of(found["(outside)"], "allocated", "peak") == (60, 90)
    assert found["(outside)"]["holds_peak"]


def test_a_peak_before_the_first_event_is_outside(file: TraceFile, tmp_path: Path) -> None:
    file.memory(20, -400, 600)  # 1000 at the beginning
    found = rows(opened(file, tmp_path))
    assert found["(outside)"]["holds_peak"]
    assert of(found["net.a"], "peak", "rise", "kept", "workspace") == (1000, 0, -400, 400)


def test_without_ranges_all_is_outside(tmp_path: Path) -> None:
    file = TraceFile()
    file.memory(1, 10, 10)
    ((path, row),) = rows(opened(file, tmp_path)).items()
    assert (path, row["holds_peak"]) == ("(outside)", True)
    assert of(row, "allocated", "peak", "rise") == (10, 10, 0)


# Any nested ranges: (start, length, number of the name), children within their parents.
Span = tuple[int, int, str]


@st.composite
def spans(draw: st.DrawFn, start: int = 0, end: int = 60, depth: int = 0) -> list[Span]:
    found: list[Span] = []
    at = start
    for number in range(draw(st.integers(0, 3 if depth < 3 else 0))):
        begin = draw(st.integers(at, end))
        stop = draw(st.integers(begin, end))
        # A root has a name of its own; below, some are called several times. Of equal ranges the one
        # with the lesser name is outer: the depth.
        name = f"0{number}" if depth == 0 else f"{depth}{draw(st.sampled_from('ab'))}"
        found.append((begin, stop - begin, name))
        found += draw(spans(begin, stop, depth + 1))
        at = stop
    return found


events = st.lists(st.tuples(st.integers(0, 60), st.integers(-50, 50)), min_size=1, max_size=25)


@settings(max_examples=60)
@given(ranges=spans(), sizes=events, before=st.integers(0, 100))
def test_sums_and_inequalities(
    tmp_path_factory: pytest.TempPathFactory,
    ranges: list[Span],
    sizes: list[tuple[int, int]],
    before: int,
) -> None:
    file, total = TraceFile(), before
    for start, length, name in ranges:
        file.annotation(name, start, length)
    ordered = sorted(sizes, key=lambda event: event[0])
    totals = []
    for ts, size in ordered:
        total += size
        totals.append(total)
        file.memory(ts, size, total)
    trace = opened(file, tmp_path_factory.mktemp("any"))
    found = rows(trace)
    inside = {path: row for path, row in found.items() if path != "(outside)"}
    outside = found["(outside)"]
    change = totals[-1] - before
    assert sum(row["allocated_bytes"] - row["freed_bytes"] for row in found.values()) == change
    # Roots are called once each and do not overlap: what they keep and what is outside is everything.
    roots = sum(row["kept_bytes"] for path, row in inside.items() if " > " not in path)
    assert roots + outside["allocated_bytes"] - outside["freed_bytes"] == change
    for path, row in inside.items():
        assert row["rise_bytes"] >= 0
        assert row["rise_bytes"] >= row["kept_bytes"]
        assert row["workspace_bytes"] == row["rise_bytes"] - row["kept_bytes"]
        parent = path.rpartition(" > ")[0]
        assert not parent or inside[parent]["peak_bytes"] >= row["peak_bytes"]
    (holder,) = (path for path, row in found.items() if row["holds_peak"])
    if holder != "(outside)":
        assert inside[holder]["peak_bytes"] == max(before, *totals)
    assert_is_the_slow_answer(ranges, ordered, before, inside)


def assert_is_the_slow_answer(
    ranges: list[Span], events: list[tuple[int, int]], before: int, inside: dict[str, Any]
) -> None:
    """Peak, rise and kept of each path, call by call and event by event."""
    calls: dict[str, list[tuple[int, int, int]]] = {}
    for number, (start, length, _) in enumerate(ranges):
        path = " > ".join(names_around(ranges, number))
        entry = before + sum(size for ts, size in events if ts < start)
        levels = [entry]
        for ts, size in events:
            if start <= ts < start + length:
                levels.append(levels[-1] + size)
        calls.setdefault(path, []).append((max(levels) - entry, max(levels), levels[-1] - entry))
    if any(length == 0 for _, length, _ in ranges):
        return  # what lies in a range without length is a question of how ranges nest
    assert set(calls) == set(inside)
    for path, of_path in calls.items():
        most = max(of_path, key=lambda call: call[0])
        row = inside[path]
        assert row["calls"] == len(of_path)
        assert of(row, "rise", "kept") == (most[0], most[2])
        assert row["peak_bytes"] == max(call[1] for call in of_path)


def names_around(ranges: list[Span], number: int) -> list[str]:
    start, length, name = ranges[number]
    outer = [
        other
        for begin, span, other in ranges[:number]
        if begin <= start and start + length <= begin + span
    ]
    return [*outer, name]
