"""The traces of a job by rank: each is read once, and one that cannot be read is a note."""

import json
from pathlib import Path

import pytest

from samprof.errors import TraceError
from samprof.integrations.hta import ranks
from samprof.integrations.hta.ranks import rank_traces
from samprof.trace import Trace, load_trace
from tests.support.tracefile import TraceFile


def trace_of(rank: int, path: Path) -> Path:
    file = TraceFile()
    file.op(f"aten::add{rank}", 0, 5)
    file.metadata["distributedInfo"] = {"rank": rank}
    return file.write(path)


def test_each_trace_is_read_once_and_has_the_rank_that_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [trace_of(3, tmp_path / "a.json"), trace_of(1, tmp_path / "b.json")]
    read = []

    def counted(path: Path, *, cache: bool = False) -> Trace:
        read.append(path)
        return load_trace(path, cache=cache)

    monkeypatch.setattr(ranks, "load_trace", counted)
    found = rank_traces(paths)
    assert read == paths
    assert found.paths == {1: paths[1], 3: paths[0]}
    assert {rank: trace.names for rank, trace in found.traces.items()} == {
        1: ("aten::add1",),
        3: ("aten::add3",),
    }
    assert found.notes == ()


def test_a_trace_that_stands_alone_is_rank_0(tmp_path: Path) -> None:
    path = trace_of(3, tmp_path / "a.json")
    assert rank_traces([path]).paths == {0: path}


def test_a_trace_that_cannot_be_read_is_left_out_with_a_note(tmp_path: Path) -> None:
    good, broken = trace_of(0, tmp_path / "a.json"), tmp_path / "b.json"
    broken.write_text(json.dumps({"no": "events"}))
    found = rank_traces([good, broken])
    assert found.paths == {0: good}
    assert found.notes == (f"{broken} left out: JSON without a traceEvents list",)
    with pytest.raises(TraceError, match="without a traceEvents list"):
        rank_traces([broken, broken])
