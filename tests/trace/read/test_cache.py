"""The cache beside a trace: equal to parsing, trusted only when whole and of the same content."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

import samprof
from samprof.cli.main import main
from samprof.trace import Trace, load_trace
from samprof.trace.model.data import TraceData
from samprof.trace.read.cache import cache_path, fingerprint, read_cache, write_cache
from samprof.trace.read.load import read_trace
from tests.support.tracefile import TraceFile

START, END = 5_000, 9_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = TraceFile(metadata={"schemaVersion": 1, "distributedInfo": {"rank": 3}})
    file.range("net", 1_000, 20_000)
    file.op("aten::mm", START, END - START)
    file.launch(7, START + 10, 100)
    file.kernel(7, 30_000, 1_234)
    file.memory(START + 5, 64, total=64)
    file.op("negative", START + 20, -5)
    return file.write(tmp_path / "trace.json.gz")


def loaded(path: Path) -> Trace:
    trace = samprof.load(path)
    assert isinstance(trace, Trace)
    return trace


def assert_same(trace: Trace, other: Trace) -> None:
    for by in ("samprof", "op"):
        assert_frame_equal(trace.layers(by), other.layers(by))
        assert_frame_equal(trace.kernels(by), other.kernels(by))
    assert_frame_equal(trace.memory(), other.memory())
    assert trace.metadata == other.metadata
    assert trace.notes == other.notes
    assert trace.check() == other.check()


def is_mapped(trace: Trace) -> bool:
    """Whether the columns are the cache's own pages."""
    return not trace.events.ts.flags.writeable


def test_a_second_load_maps_the_cache_and_equals_the_first(path: Path) -> None:
    first, second = loaded(path), loaded(path)
    assert cache_path(path).is_file()
    assert not is_mapped(first)
    assert is_mapped(second)
    assert second.notes == ("1 event with a negative duration, taken as 0",)
    assert_same(second, load_trace(path))


def test_the_cache_is_an_ordinary_npz_file(path: Path) -> None:
    trace = loaded(path)
    with np.load(cache_path(path)) as columns:
        assert columns["events.ts"].tolist() == trace.events.ts.tolist()
        assert columns["allocations.size"].tolist() == [64]


def test_nothing_else_is_left_beside_the_trace(path: Path) -> None:
    loaded(path)
    assert {entry.name for entry in path.parent.iterdir()} == {path.name, cache_path(path).name}


def test_without_cache_nothing_is_written_and_nothing_trusted(path: Path) -> None:
    assert not is_mapped(samprof.load(path, cache=False))  # type: ignore[arg-type]
    assert not cache_path(path).exists()
    loaded(path)
    assert not is_mapped(samprof.load(path, cache=False))  # type: ignore[arg-type]


def test_other_content_of_the_same_size_and_time_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    for duration in (1_234, 4_321):
        file = TraceFile()
        file.range("net", 1_000, duration)
        file.write(path)
        os.utime(path, ns=(10**18, 10**18))
        trace = loaded(path)
        assert not is_mapped(trace)
        assert trace.layers()["cpu_total_ns"].tolist()[0] == duration
    assert is_mapped(loaded(path))


def test_the_same_content_elsewhere_may_use_a_copied_cache(path: Path, tmp_path: Path) -> None:
    loaded(path)
    copy = tmp_path / "copy" / "other.json.gz"
    copy.parent.mkdir()
    copy.write_bytes(path.read_bytes())
    cache_path(copy).write_bytes(cache_path(path).read_bytes())
    assert is_mapped(loaded(copy))


def test_a_cache_cut_anywhere_is_not_trusted(path: Path) -> None:
    right = loaded(path)
    whole = cache_path(path).read_bytes()
    for length in range(0, len(whole), 397):
        cache_path(path).write_bytes(whole[:length])
        assert_same(loaded(path), right)
        assert cache_path(path).read_bytes() == whole  # and mended


def test_no_changed_byte_of_a_cache_changes_a_table(path: Path) -> None:
    right = loaded(path)
    whole = cache_path(path).read_bytes()
    for place in range(0, len(whole), 71):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        cache_path(path).write_bytes(damaged)
        assert_same(loaded(path), right)


def test_a_cache_of_another_version_is_not_trusted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded(path)
    monkeypatch.setattr("samprof.trace.read.cache.__version__", "another")
    assert not is_mapped(loaded(path))
    assert is_mapped(loaded(path))


def test_something_else_in_its_place_is_left_alone(path: Path) -> None:
    cache_path(path).mkdir()
    assert not is_mapped(loaded(path))
    assert cache_path(path).is_dir()
    assert len(list(path.parent.iterdir())) == 2


@pytest.mark.skipif(os.name != "posix", reason="named pipes are POSIX")
def test_a_pipe_in_its_place_is_neither_waited_for_nor_replaced(path: Path) -> None:
    os.mkfifo(cache_path(path))
    assert not is_mapped(loaded(path))
    assert cache_path(path).is_fifo()


FORGERIES: dict[str, Callable[[TraceData], TraceData]] = {
    "a column that is too short": lambda trace: with_column(trace, "ts", lambda ts: ts[:-1]),
    "a column that is too long": lambda trace: with_column(trace, "kind", lambda k: k.repeat(2)),
    "names that are not there": lambda trace: with_column(trace, "name", lambda name: name + 99),
    "threads before the first": lambda trace: with_column(trace, "thread", lambda one: one - 1),
    "kinds that do not exist": lambda trace: with_column(trace, "kind", lambda kind: kind + 50),
    "inputs that are not there": lambda trace: with_column(trace, "inputs", lambda one: one + 1),
    "negative durations": lambda trace: with_column(trace, "dur", lambda dur: -dur - 1),
    "times that overflow": lambda trace: with_column(trace, "dur", lambda dur: dur + 2**61),
    "names that are no texts": lambda trace: replace(trace, names=tuple(range(9))),
    "metadata that is no object": lambda trace: replace(trace, metadata=[1]),
}


def with_column(
    trace: TraceData, name: str, change: Callable[[np.ndarray], np.ndarray]
) -> TraceData:
    column = np.ascontiguousarray(change(getattr(trace.events, name)))
    return replace(trace, events=replace(trace.events, **{name: column}))


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_cache_whose_checksums_are_right_is_refused_and_mended(
    path: Path, forge: Callable[[TraceData], TraceData]
) -> None:
    right = read_trace(path)
    write_cache(forge(right), path, fingerprint(path))
    assert read_cache(path, fingerprint(path)) is None
    assert_same(loaded(path), load_trace(path))
    assert is_mapped(loaded(path))


@pytest.mark.skipif(os.name != "posix", reason="modes of folders are POSIX")
def test_a_folder_that_cannot_be_written_is_no_error(path: Path) -> None:
    loaded(path)  # what is lazily imported must be there: the child may not be allowed to read it
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to other users
        copy = Path(shutil.copy(path, folder))
        copy.parent.chmod(0o555)
        child = os.fork()
        if child == 0:
            try:
                if os.geteuid() == 0:
                    os.setuid(65534)  # root may write anywhere
                trace = loaded(copy)
                os._exit(0 if len(trace.events) and not cache_path(copy).exists() else 3)
            except BaseException:
                os._exit(4)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        copy.parent.chmod(0o755)


def test_an_empty_trace_has_no_cache(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    TraceFile().write(path)
    assert len(loaded(path).events) == 0
    assert len(loaded(path).layers()) == 1  # (outside)


def test_the_option_of_the_commands(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("layers", "kernels", "check"):
        assert main([command, str(path), "--no-cache"]) == 0
        assert not cache_path(path).exists()
    assert main(["layers", str(path)]) == 0
    assert cache_path(path).is_file()
    uncached = main(["layers", str(path), "--no-cache"])
    texts = capsys.readouterr().out.split("Device time in")
    assert uncached == 0
    assert texts[-1] == texts[-2]


def test_a_cached_load_needs_no_parser(path: Path) -> None:
    loaded(path)
    program = (
        "import samprof, sys; samprof.load(sys.argv[1]); "
        "print({'msgspec', 'torch', 'pandas', 'pyarrow'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "set()"
