"""What may be gathered, and what it is called."""

from pathlib import Path
from typing import Any

import pytest

from samprof.errors import TraceError, UsageError
from samprof.sweeps.gather.sources import sources_of
from samprof.trace import load_trace
from tests.support.calls import calls


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for size in (1, 2, 4):
        calls("module", [size]).write(tmp_path / f"b{size}.json")
    return tmp_path


def described(traces: Any, sizes: Any = None) -> list[tuple[str, tuple[int, ...]]]:
    return [(one.name, one.sizes) for one in sources_of(traces, sizes)]


def test_paths_folders_traces_and_lists_of_them(folder: Path) -> None:
    expected = [("b1.json", ()), ("b2.json", ()), ("b4.json", ())]
    paths = sorted(folder.glob("*.json"))
    assert described(folder) == expected
    assert described(str(folder)) == expected
    assert described(paths) == expected
    assert described([load_trace(path) for path in paths]) == expected
    assert [one.path for one in sources_of(load_trace(paths[0]), None)] == [paths[0]]


def test_a_folder_of_folders_as_runs_keep_them(tmp_path: Path) -> None:
    for size in (1, 2):
        (tmp_path / f"b000{size}").mkdir()
        calls("module", [size]).write(tmp_path / f"b000{size}" / "rank0.pt.trace.json")
    (tmp_path / "other").mkdir()
    assert described(tmp_path) == [
        ("b0001/rank0.pt.trace.json", ()),
        ("b0002/rank0.pt.trace.json", ()),
    ]


def test_sizes_by_keys_or_in_order(folder: Path) -> None:
    paths = sorted(folder.glob("*.json"))
    assert described({8: paths[0], 16: paths[1]}) == [("b1.json", (8,)), ("b2.json", (16,))]
    assert described(paths, [8, 16, 32]) == [
        ("b1.json", (8,)),
        ("b2.json", (16,)),
        ("b4.json", (32,)),
    ]
    assert described(paths[0], [1, 2, 4]) == [("b1.json", (1, 2, 4))]  # one per call


@pytest.mark.parametrize(
    ("traces", "sizes", "message"),
    [
        ([], None, "none given"),
        ({}, None, "none given"),
        (7, None, "int: not a trace"),
        ({1: "x.json"}, [1], "given twice"),
        (["a.json", "b.json"], [1], "1 sizes for 2 traces"),
        (["a.json", "b.json"], [1, 0], "size 0: not a size"),
        ({"four": "x.json"}, None, "size 'four': not a size"),
    ],
)
def test_bad_input_is_one_line(traces: Any, sizes: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        sources_of(traces, sizes)
    assert "\n" not in str(error.value)


def test_what_cannot_be_read_is_an_error_of_load(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="no such file"):
        sources_of(tmp_path / "x.json", None)
    with pytest.raises(TraceError, match="no trace in this directory"):
        sources_of(tmp_path, None)
