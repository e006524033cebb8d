"""`write_trace`: what Kineto writes as a gz file, with ranges put in, whole or not at all."""

import gzip
import json
import os
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from samprof.record.export import write_trace
from samprof.record.ranges.other_threads import Range

PLAIN = """
{
  "schemaVersion": 1,
  "baseTimeNanoseconds": 1000,
  "traceEvents": [
  {"ph": "X", "cat": "cpu_op", "name": "aten::add", "pid": 1, "tid": 2, "ts": 0.500, "dur": 1.000}
  ],
  "traceName": "plain.json"
}
"""


@pytest.fixture(params=["in memory", "on disk"], autouse=True)
def _plain_file(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "on disk":
        monkeypatch.setattr("samprof.record.export._memory_file", lambda: None)


def kineto(text: str) -> Callable[[str], None]:
    """Writes like Kineto: under a name of its own, renamed at the end."""

    def write(path: str) -> None:
        Path(f"{path}.tmp").write_text(text)
        Path(f"{path}.tmp").rename(path)

    return write


def test_the_file_is_what_kineto_wrote_and_the_only_one(tmp_path: Path) -> None:
    target = tmp_path / "trace.json.gz"
    write_trace(kineto(PLAIN), target, [])
    assert gzip.decompress(target.read_bytes()).decode() == PLAIN
    assert list(tmp_path.iterdir()) == [target]


def test_a_kineto_that_writes_to_the_name_itself_will_do(tmp_path: Path) -> None:
    target = tmp_path / "trace.json.gz"
    write_trace(lambda path: bool(Path(path).write_text(PLAIN)), target, [])
    assert gzip.decompress(target.read_bytes()).decode() == PLAIN
    assert list(tmp_path.iterdir()) == [target]


def test_without_isal_the_file_holds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samprof.record.export.compressobj", zlib.compressobj)
    target = tmp_path / "trace.json.gz"
    write_trace(kineto(PLAIN), target, [])
    assert gzip.decompress(target.read_bytes()).decode() == PLAIN


def test_the_time_base_may_be_the_last_thing_in_the_file(tmp_path: Path) -> None:
    target = tmp_path / "trace.json.gz"
    text = PLAIN.replace('  "baseTimeNanoseconds": 1000,\n', "")
    text = text.replace('"plain.json"\n', '"plain.json",\n"baseTimeNanoseconds": 1000\n')
    write_trace(kineto(text), target, [Range("samprof:net", 7, 1, 3500, 5000)])
    net, *_ = json.loads(gzip.decompress(target.read_bytes()))["traceEvents"]
    assert (net["ts"], net["dur"]) == (2.5, 1.5)


@pytest.mark.parametrize("metadata", [0, 3 << 20], ids=["short head", "head of many pieces"])
def test_ranges_come_first_and_on_the_clock_of_the_trace(metadata: int, tmp_path: Path) -> None:
    target = tmp_path / "trace.json.gz"
    text = PLAIN.replace('"schemaVersion": 1', f'"samprof": "{"x" * metadata}"')
    # The trace's time_source starts at 1000 ns: 3500 is 2.5 us into it.
    ranges = [Range("samprof:net", 7, 1, 3500, 5000), Range('samprof:net."\\', 8, 1, 4000, 4001)]
    write_trace(kineto(text), target, ranges)
    packed = gzip.decompress(target.read_bytes())
    first, second, *rest = json.loads(packed)["traceEvents"]
    kind = {"ph": "X", "cat": "user_annotation", "pid": os.getpid()}
    assert first == kind | {"name": "samprof:net", "tid": 7, "ts": 2.5, "dur": 1.5}
    assert second == kind | {"name": 'samprof:net."\\', "tid": 8, "ts": 3.0, "dur": 0.001}
    assert rest == json.loads(text)["traceEvents"]
    assert json.loads(packed) | {"traceEvents": rest} == json.loads(text)


@pytest.mark.parametrize("text", ["", PLAIN[:-20]], ids=["nothing", "a part"])
def test_what_kineto_could_not_write_whole_is_an_error_that_leaves_nothing(
    text: str, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="disk is full"):
        write_trace(kineto(text), tmp_path / "trace.json.gz", [])
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_kineto_leaves_nothing(tmp_path: Path) -> None:
    def write(path: str) -> None:
        Path(f"{path}.tmp").write_text("{")
        raise RuntimeError("already saved")

    with pytest.raises(RuntimeError, match="already saved"):
        write_trace(write, tmp_path / "trace.json.gz", [])
    assert list(tmp_path.iterdir()) == []


def test_no_file_stays_open(tmp_path: Path) -> None:
    opened = Path("/proc/self/fd")
    if not opened.exists():
        pytest.skip("the system does not list open files")
    before = len(list(opened.iterdir()))
    write_trace(kineto(PLAIN), tmp_path / "trace.json.gz", [Range("samprof:net", 7, 1, 3500, 5000)])
    assert len(list(opened.iterdir())) == before


@pytest.mark.skipif(sys.platform != "linux", reason="files in memory are Linux's")
def test_plain_json_never_gets_to_the_disk(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    seen: list[bool] = []

    def write(path: str) -> None:
        kineto(PLAIN)(path)
        seen.extend(file.is_symlink() for file in tmp_path.iterdir())

    write_trace(write, tmp_path / "trace.json.gz", [])
    in_memory = request.node.callspec.params["_plain_file"] == "in memory"
    assert seen == [in_memory]
