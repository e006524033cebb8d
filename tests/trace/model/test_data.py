"""What a trace derives from its columns, once."""

from dataclasses import replace
from pathlib import Path

from samprof.trace import load_trace
from samprof.trace.model.data import TraceData
from samprof.trace.read.load import read_trace
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def test_a_step_with_a_number_beyond_all_numbers_is_no_step(tmp_path: Path) -> None:
    file = TraceFile()
    file.annotation("ProfilerStep#" + 30 * "9", 0, 10)
    file.step(7, 20, 10)
    assert load_trace(file.write(tmp_path / "trace.json")).steps() == [(7, 20, 30)]


def test_what_is_derived_is_computed_once_and_not_shared_with_a_copy(tmp_path: Path) -> None:
    trace = opened(TraceFile(), tmp_path)
    calls: list[int] = []

    def compute() -> int:
        calls.append(1)
        return len(calls)

    assert [trace.derived("number", compute), trace.derived("number", compute)] == [1, 1]
    assert replace(trace).derived("number", compute) == 2
    assert trace.derived("number", compute) == 1


def test_a_reader_gives_the_same_columns_without_the_tables(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    path = file.write(tmp_path / "trace.json")
    data, trace = read_trace(path), load_trace(path)
    assert type(data) is TraceData
    assert data.names == trace.names
    assert data.events.ts.tolist() == trace.events.ts.tolist()
    assert (data.has_device_time, data.time_source) == (False, "cpu")


def test_recorded_names_are_decoded(tmp_path: Path) -> None:
    recorded = {"functions": {"say %22hi%22()": "100%25"}}
    file = TraceFile(metadata={"schemaVersion": 1, "samprof": recorded})
    assert opened(file, tmp_path).recorded == {"functions": {'say "hi"()': "100%"}}
    assert opened(TraceFile(), tmp_path).recorded == {}
