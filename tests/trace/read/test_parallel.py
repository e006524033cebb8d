"""Two processes on one file give what one gives, to the bit, or leave it to one."""

import fcntl
import gzip
import json
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samprof.errors import TraceError
from samprof.testing import TraceOptions, write_trace
from samprof.trace import load_trace
from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Table
from samprof.trace.read import parallel, parse
from samprof.trace.read.scan import PIECE_BYTES

EVENTS = 20_000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("two") / "trace.json.gz"
    write_trace(path, EVENTS, TraceOptions(backward=True, graphs=True, no_launch=0.1))
    assert len(gzip.decompress(path.read_bytes())) > 8 * PIECE_BYTES
    return path


@pytest.fixture(autouse=True)
def _the_other_claims_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """These files are so small that one process would be done before the other has started."""
    start = parallel.start

    def start_and_wait(
        module: str, arguments: Sequence[str], *, descriptors: Sequence[int]
    ) -> subprocess.Popen[bytes]:
        (tokens,) = descriptors
        full = waiting(tokens)
        process = start(module, arguments, descriptors=descriptors)
        while process.poll() is None and waiting(tokens) == full:
            time.sleep(0.01)
        return process

    monkeypatch.setattr(parallel, "start", start_and_wait)


def waiting(pipe: int) -> int:
    """How many bytes are in a pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def named(contents: TraceData, table: Table) -> dict[str, list[object]]:
    """The columns, with names and threads in place of their numbers, which may differ."""
    columns = {name: getattr(table, name).tolist() for name in table.dtypes()}
    if "name" in columns:
        columns["name"] = [contents.names[number] for number in columns["name"]]
    if "inputs" in columns:
        texts = (*contents.inputs, None)  # -1 is none
        columns["inputs"] = [texts[number] for number in columns["inputs"]]
    columns["thread"] = [contents.threads[number] for number in columns["thread"]]
    return columns


def assert_same(contents: TraceData | None, other: TraceData) -> None:
    assert contents is not None
    assert named(contents, contents.events) == named(other, other.events)
    assert named(contents, contents.allocations) == named(other, other.allocations)
    assert contents.metadata == other.metadata
    assert contents.notes == other.notes


def rewritten(path: Path, target: Path, change: dict[str, str]) -> Path:
    """The trace with some of its text replaced."""
    text = gzip.decompress(path.read_bytes()).decode()
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    target.write_bytes(gzip.compress(text.encode(), 1))
    return target


def test_both_give_the_same_events_in_the_order_of_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[Any] = []
    merge_parts = parallel.merge_parts
    monkeypatch.setattr(
        parallel,
        "merge_parts",
        lambda parts, *rest: received.extend(parts) or merge_parts(parts, *rest),
    )
    assert_same(parallel.read_in_parallel(path), parse.read_alone(path))
    assert all(part.begun for part in received)
    assert len(received) == 2


def test_a_plain_file_too(path: Path, tmp_path: Path) -> None:
    plain = tmp_path / "trace.json"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    assert_same(parallel.read_in_parallel(plain), parse.read_alone(path))


def test_odd_events_all_over_the_file_are_counted_once(path: Path, tmp_path: Path) -> None:
    change = {
        '"name": "aten::softmax"': '"name": "aten::\x01softmax"',
        '{\n    "ph": "X", "cat": "gpu_memcpy"': 'null, {\n    "ph": "X", "cat": "gpu_memcpy"',
    }
    odd = rewritten(path, tmp_path / "odd.json.gz", change)
    alone = parse.read_alone(odd)
    assert "aten::\x01softmax" in alone.names
    assert any("not an event" in note for note in alone.notes)
    assert_same(parallel.read_in_parallel(odd), alone)


def test_another_list_after_the_events_is_left_to_one_process(path: Path, tmp_path: Path) -> None:
    other = json.dumps([{"ph": "X", "cat": "cpu_op", "name": "no", "ts": 1, "dur": 1}] * 20_000)
    text = gzip.decompress(path.read_bytes()).decode().rstrip().removesuffix("}")
    longer = tmp_path / "longer.json.gz"
    longer.write_bytes(gzip.compress(f'{text}, "others": {other}}}'.encode(), 1))
    assert parallel.read_in_parallel(longer) is None
    assert len(load_trace(longer).events) == len(load_trace(path).events)


@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_cut_file_is_refused_as_by_one_process(path: Path, tmp_path: Path, kept: float) -> None:
    data = path.read_bytes()
    cut = tmp_path / "cut.json.gz"
    cut.write_bytes(data[: int(len(data) * kept)])
    assert parallel.read_in_parallel(cut) is None
    with pytest.raises(TraceError, match="the gzip stream ends too early"):
        load_trace(cut)


def test_one_process_reads_where_no_other_can_be_started(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(path.parent / "no-python"))
    assert parallel.read_in_parallel(path) is None


def test_one_process_reads_when_the_other_ends_too_early(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert parallel.read_in_parallel(path) is None


def test_a_second_process_is_asked_only_where_it_pays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not parallel.is_worthwhile(path)
    monkeypatch.setattr(parallel, "_WORTH_GZIP", path.stat().st_size)
    monkeypatch.setattr(parallel, "cores", lambda: 2)
    assert parallel.is_worthwhile(path)
    monkeypatch.setenv(parallel.READERS, "1")
    assert not parallel.is_worthwhile(path)
    monkeypatch.delenv(parallel.READERS)
    monkeypatch.setattr(parallel, "cores", lambda: 1)
    assert not parallel.is_worthwhile(path)


def test_a_loaded_trace_is_the_same_whoever_reads_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = load_trace(path)
    monkeypatch.setattr(parse, "is_worthwhile", lambda path: True)
    both = load_trace(path)
    for by in ("samprof", "op"):
        assert both.layers(by).equals(alone.layers(by))
        assert both.kernels(by).equals(alone.kernels(by))
    assert np.array_equal(both.events.ts, alone.events.ts)
