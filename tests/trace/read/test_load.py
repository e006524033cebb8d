"""Reading a trace by its path: the cache, folders, and errors that name the file."""

from pathlib import Path

import pytest

from samprof.errors import TraceError
from samprof.trace import Trace, load_trace
from samprof.trace.model.data import TraceData
from samprof.trace.read.cache import cache_path
from samprof.trace.read.load import read_trace, traces_in
from tests.support.tracefile import TraceFile


def test_the_reader_gives_columns_and_load_trace_the_facade(tmp_path: Path) -> None:
    path = TraceFile().write(tmp_path / "trace.json")
    assert type(read_trace(path)) is TraceData
    assert type(load_trace(str(path))) is Trace


def test_a_cache_is_written_only_on_request(tmp_path: Path) -> None:
    path = TraceFile().write(tmp_path / "trace.json")
    read_trace(path)
    assert not cache_path(path).exists()
    read_trace(path, cache=True)
    assert cache_path(path).exists()


def test_a_missing_file_and_a_directory_are_named(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="no such file"):
        read_trace(tmp_path / "nowhere.json")
    with pytest.raises(TraceError, match="a directory, not a trace file"):
        read_trace(tmp_path)


def test_the_traces_of_a_folder_are_sorted_and_hidden_files_left_out(tmp_path: Path) -> None:
    for name in ("b.json", "a.json.gz", ".hidden.json", "notes.txt", "a.json.gz.samprof.npz"):
        (tmp_path / name).touch()
    assert [path.name for path in traces_in(tmp_path)] == ["a.json.gz", "b.json"]


def test_a_folder_without_a_trace_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="no trace in this directory"):
        traces_in(tmp_path)
